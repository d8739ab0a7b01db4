// The plain part of the endpoints controller: pods to subsets and slices.
#include <map>
#include <optional>

#include "base/digest.h"
#include "base/strings.h"
#include "control/network/endpoints.h"

namespace meshka::control {

using doc::Draft;
using doc::Value;

namespace {

// The number behind a port of the service in one pod; a name is looked up in the pod's containers.
std::optional<int64_t> targetPort(Value port, Value pod) {
  const Value target = port["targetPort"];
  if (!target.exists()) return port["port"].integer();
  if (target.isNumber()) return target.integer();
  const std::string_view protocol = port["protocol"].text("TCP");
  for (const Value container : pod["spec"]["containers"].elements()) {
    for (const Value declared : container["ports"].elements()) {
      if (declared["name"].text() == target.text() &&
          declared["protocol"].text("TCP") == protocol) {
        return declared["containerPort"].integer();
      }
    }
  }
  return std::nullopt;
}

bool isServing(Value service, Value pod) {
  return isPodReady(pod) || service["spec"]["publishNotReadyAddresses"].boolean();
}

// Ports as this pod serves them; empty when none of the service's ports is found in it. A headless
// service without ports has endpoints all the same.
Draft portsOf(Value service, Value pod, bool& usable) {
  Draft ports = Draft::array();
  for (const Value port : service["spec"]["ports"].elements()) {
    const auto number = targetPort(port, pod);
    if (!number) continue;
    Draft out = Draft::object({{"port", *number}, {"protocol", port["protocol"].text("TCP")}});
    if (port["name"].exists()) out["name"] = port["name"];
    if (port["appProtocol"].exists()) out["appProtocol"] = port["appProtocol"];
    ports.push(std::move(out));
  }
  usable = ports.size() > 0 || service["spec"]["ports"].size() == 0;
  return ports;
}

Draft targetRef(Value pod) {
  return Draft::object({{"kind", "Pod"},
                        {"name", pod["metadata"]["name"]},
                        {"namespace", pod["metadata"]["namespace"]},
                        {"uid", pod["metadata"]["uid"]}});
}

bool hasOwnName(Value service, Value pod) {
  return pod["spec"]["hostname"].exists() &&
         pod["spec"]["subdomain"].text() == service["metadata"]["name"].text();
}

bool isCandidate(Value pod) {
  const std::string_view phase = pod["status"]["phase"].text();
  return !pod["status"]["podIP"].text().empty() && phase != "Succeeded" && phase != "Failed";
}

// Pods that serve the same ports share a subset or slice.
std::map<std::string, std::pair<doc::Doc, std::vector<doc::Doc>>> byPorts(
    Value service, const std::vector<doc::Doc>& pods) {
  std::map<std::string, std::pair<doc::Doc, std::vector<doc::Doc>>> out;
  for (const doc::Doc& pod : pods) {
    bool usable = false;
    if (!isCandidate(pod)) continue;
    const Draft ports = portsOf(service, pod, usable);
    if (!usable) continue;
    std::string key;
    for (size_t i = 0; i < ports.size(); ++i) {
      const doc::Doc port = ports.at(i).finish();
      key +=
          cat(port["name"].text(), "/", port["protocol"].text(), "/", port["port"].integer(), ",");
    }
    auto& group = out[key];
    group.first = ports.finish();
    group.second.push_back(pod);
  }
  return out;
}

}  // namespace

doc::Doc endpointSubsets(Value service, const std::vector<doc::Doc>& pods) {
  Draft subsets = Draft::array();
  for (const auto& [key, group] : byPorts(service, pods)) {
    Draft ready = Draft::array();
    Draft waiting = Draft::array();
    for (const doc::Doc& pod : group.second) {
      if (pod["metadata"]["deletionTimestamp"].exists()) continue;
      Draft address =
          Draft::object({{"ip", pod["status"]["podIP"]}, {"targetRef", targetRef(pod)}});
      if (pod["spec"]["nodeName"].exists()) address["nodeName"] = pod["spec"]["nodeName"];
      if (hasOwnName(service, pod)) address["hostname"] = pod["spec"]["hostname"];
      (isServing(service, pod) ? ready : waiting).push(std::move(address));
    }
    if (ready.size() == 0 && waiting.size() == 0) continue;
    Draft subset = Draft::object();
    if (ready.size() > 0) subset["addresses"] = std::move(ready);
    if (waiting.size() > 0) subset["notReadyAddresses"] = std::move(waiting);
    if (group.first.value().size() > 0) subset["ports"] = group.first;
    subsets.push(std::move(subset));
  }
  return subsets.finish();
}

std::vector<doc::Doc> endpointSlices(Value service, const std::vector<doc::Doc>& pods) {
  std::vector<doc::Doc> out;
  for (const auto& [key, group] : byPorts(service, pods)) {
    Draft endpoints = Draft::array();
    const auto flush = [&] {
      out.push_back(
          Draft::object({{"endpoints", std::move(endpoints)}, {"ports", group.first}}).finish());
      endpoints = Draft::array();
    };
    for (const doc::Doc& pod : group.second) {
      const bool leaving = pod["metadata"]["deletionTimestamp"].exists();
      const bool serving = isPodReady(pod);
      Draft endpoint = Draft::object({{"addresses", Draft::array({Draft(pod["status"]["podIP"])})},
                                      {"targetRef", targetRef(pod)}});
      endpoint["conditions"] = Draft::object(
          {{"ready", isServing(service, pod) &&
                         (!leaving || service["spec"]["publishNotReadyAddresses"].boolean())},
           {"serving", serving},
           {"terminating", leaving}});
      if (pod["spec"]["nodeName"].exists()) endpoint["nodeName"] = pod["spec"]["nodeName"];
      if (hasOwnName(service, pod)) endpoint["hostname"] = pod["spec"]["hostname"];
      endpoints.push(std::move(endpoint));
      if (endpoints.size() == kEndpointsPerSlice) flush();
    }
    if (endpoints.size() > 0) flush();
  }
  return out;
}

std::vector<doc::Doc> mirroredSlices(Value endpoints) {
  std::vector<doc::Doc> out;
  for (const Value subset : endpoints["subsets"].elements()) {
    Draft ports(subset["ports"]);
    if (ports.isNull()) ports = Draft::array();
    Draft list = Draft::array();
    const auto flush = [&] {
      out.push_back(
          Draft::object({{"endpoints", std::move(list)}, {"ports", ports.finish()}}).finish());
      list = Draft::array();
    };
    for (const bool ready : {true, false}) {
      for (const Value address : subset[ready ? "addresses" : "notReadyAddresses"].elements()) {
        Draft endpoint = Draft::object(
            {{"addresses", Draft::array({Draft(address["ip"])})},
             {"conditions",
              Draft::object({{"ready", ready}, {"serving", ready}, {"terminating", false}})}});
        if (address["hostname"].exists()) endpoint["hostname"] = address["hostname"];
        if (address["nodeName"].exists()) endpoint["nodeName"] = address["nodeName"];
        list.push(std::move(endpoint));
        if (list.size() == kEndpointsPerSlice) flush();
      }
    }
    if (list.size() > 0) flush();
  }
  return out;
}

}  // namespace meshka::control
