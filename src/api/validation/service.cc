// Services.
#include <set>
#include <string>
#include <utility>

#include "api/validation/names.h"
#include "api/validation/rules.h"
#include "base/strings.h"
#include "schema/format.h"

namespace meshka::api {
namespace {

using schema::duplicateValue;
using schema::forbiddenField;
using schema::invalidValue;
using schema::requiredValue;
using schema::show;

void ports(Value list, std::string_view type, bool headless, Causes& out) {
  std::set<std::string_view> names;
  std::set<std::pair<int64_t, std::string_view>> numbers;
  for (size_t i = 0; i < list.size(); i++) {
    std::string at = indexed("spec.ports", i);
    Value port = list[i], name = port["name"];
    if (name.text().empty()) {
      if (list.size() > 1) out.push_back(requiredValue(child(at, "name")));
    } else {
      checkText(name, child(at, "name"), dnsLabelProblem, out);
      if (!names.insert(name.text()).second)
        out.push_back(duplicateValue(child(at, "name"), show(name)));
    }
    checkPort(port["port"], child(at, "port"), out);
    if (port["targetPort"].exists())
      checkPortOrName(port["targetPort"], child(at, "targetPort"), out);
    if (port["nodePort"].integer() != 0) {
      if (type == "ClusterIP" || type == "ExternalName") {
        out.push_back(forbiddenField(child(at, "nodePort"),
                                     cat("may not be used when `type` is '", type, "'")));
      } else {
        checkPort(port["nodePort"], child(at, "nodePort"), out);
      }
    }
    if (!headless &&
        !numbers.emplace(port["port"].integer(), port["protocol"].text("TCP")).second) {
      out.push_back(duplicateValue(at, show(port)));
    }
  }
}

// An allocated address stays for the life of the Service, unless it becomes or was an ExternalName.
void update(Value spec, Value before, Causes& out) {
  if (before["type"].text() == "ExternalName" || spec["type"].text() == "ExternalName") return;
  std::string_view was = before["clusterIP"].text();
  if (was.empty() || was == spec["clusterIP"].text()) return;
  Value shown = spec["clusterIPs"].size() != 0 ? spec["clusterIPs"] : spec["clusterIP"];
  out.push_back(invalidValue("spec.clusterIPs[0]", shown, "may not change once set"));
}

}  // namespace

void validateService(Value object, Value old, Causes& out) {
  Value spec = object["spec"];
  std::string_view type = spec["type"].text("ClusterIP"), ip = spec["clusterIP"].text();
  bool headless = ip == "None";
  if (type == "ExternalName") {
    Value name = spec["externalName"];
    std::string_view host = name.text();
    if (host.ends_with('.')) host.remove_suffix(1);
    if (host.empty())
      out.push_back(requiredValue("spec.externalName"));
    else if (std::string problem = dnsSubdomainProblem(host); !problem.empty()) {
      out.push_back(invalidValue("spec.externalName", name, problem));
    }
    if (!ip.empty() && !headless)
      out.push_back(
          forbiddenField("spec.clusterIPs[0]", "may not be set for ExternalName services"));
  } else {
    if (spec["ports"].size() == 0 && !headless) out.push_back(requiredValue("spec.ports"));
    if (type != "ClusterIP" && headless) {
      out.push_back(invalidValue("spec.clusterIPs[0]", spec["clusterIP"],
                                 cat("may not be set to 'None' for ", type, " services")));
    }
  }
  if (!ip.empty() && !headless && !schema::isIpv4(ip) && !schema::isIpv6(ip)) {
    out.push_back(invalidValue("spec.clusterIPs[0]", spec["clusterIP"],
                               "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"));
  }
  ports(spec["ports"], type, headless, out);
  checkLabels(spec["selector"], "spec.selector", out);
  Value addresses = spec["externalIPs"];
  for (size_t i = 0; i < addresses.size(); i++) {
    if (schema::isIpv4(addresses[i].text()) || schema::isIpv6(addresses[i].text())) continue;
    out.push_back(invalidValue(indexed("spec.externalIPs", i), addresses[i],
                               "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"));
  }
  Value ranges = spec["loadBalancerSourceRanges"];
  for (size_t i = 0; i < ranges.size(); i++) {
    if (type != "LoadBalancer") {
      out.push_back(forbiddenField("spec.loadBalancerSourceRanges",
                                   "may only be used when `type` is 'LoadBalancer'"));
      break;
    }
    if (!schema::isCidr(trim(ranges[i].text()))) {
      out.push_back(
          invalidValue(indexed("spec.loadBalancerSourceRanges", i), ranges[i],
                       "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"));
    }
  }
  if (spec["externalTrafficPolicy"].exists() && type != "NodePort" && type != "LoadBalancer" &&
      addresses.size() == 0) {
    out.push_back(invalidValue("spec.externalTrafficPolicy", spec["externalTrafficPolicy"],
                               "may only be set for externally-accessible services"));
  }
  Value seconds = spec["sessionAffinityConfig"]["clientIP"]["timeoutSeconds"];
  if (spec["sessionAffinity"].text() == "ClientIP" && seconds.exists() &&
      (seconds.integer() < 1 || seconds.integer() > 86400)) {
    out.push_back(invalidValue("spec.sessionAffinityConfig.clientIP.timeoutSeconds", seconds,
                               "must be greater than 0 and less than 86400"));
  }
  if (old.exists()) update(spec, old["spec"], out);
}

}  // namespace meshka::api
