// Networking, scaling, disruption, scheduling, claims.
#include <string>

#include "api/validation/names.h"
#include "api/validation/rules.h"
#include "base/strings.h"
#include "schema/format.h"

namespace meshka::api {
namespace {

using schema::forbiddenField;
using schema::invalidText;
using schema::invalidValue;
using schema::requiredValue;

void backend(Value value, const std::string& path, Causes& out) {
  Value service = value["service"];
  if (!service.isObject()) {
    if (!value["resource"].isObject())
      out.push_back(requiredValue(path, "backend must be specified"));
    return;
  }
  if (service["name"].text().empty()) out.push_back(requiredValue(child(path, "service.name")));
  bool name = !service["port"]["name"].text().empty(),
       number = service["port"]["number"].integer() != 0;
  if (name == number) {
    out.push_back(
        requiredValue(child(path, "service.port"), name ? "cannot set both port name & port number"
                                                        : "port name or number is required"));
  } else if (number) {
    checkPort(service["port"]["number"], child(path, "service.port.number"), out);
  }
}

void peers(Value list, const std::string& path, Causes& out) {
  for (size_t i = 0; i < list.size(); i++) {
    std::string at = indexed(path, i);
    Value block = list[i]["ipBlock"];
    checkLabelSelector(list[i]["podSelector"], child(at, "podSelector"), out);
    checkLabelSelector(list[i]["namespaceSelector"], child(at, "namespaceSelector"), out);
    if (list[i].size() == 0) out.push_back(requiredValue(at, "must specify a peer"));
    if (!block.isObject()) continue;
    if (list[i].size() > 1)
      out.push_back(forbiddenField(at, "may not specify both ipBlock and another peer"));
    if (!schema::isCidr(block["cidr"].text())) {
      out.push_back(
          invalidValue(child(at, "ipBlock.cidr"), block["cidr"],
                       "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"));
    }
    for (size_t e = 0; e < block["except"].size(); e++) {
      if (schema::isCidr(block["except"][e].text())) continue;
      out.push_back(
          invalidValue(indexed(child(at, "ipBlock.except"), e), block["except"][e],
                       "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"));
    }
  }
}

void policyPorts(Value list, const std::string& path, Causes& out) {
  for (size_t i = 0; i < list.size(); i++) {
    std::string at = indexed(path, i);
    Value port = list[i]["port"], end = list[i]["endPort"];
    if (port.exists()) checkPortOrName(port, child(at, "port"), out);
    if (!end.exists()) continue;
    if (!port.isNumber()) {
      out.push_back(invalidValue(child(at, "endPort"), end,
                                 "may not be specified when `port` is not specified or a name"));
    } else if (end.integer() < port.integer()) {
      out.push_back(
          invalidValue(child(at, "endPort"), end, "must be greater than or equal to `port`"));
    }
  }
}

}  // namespace

void validateIngress(Value object, Value, Causes& out) {
  Value spec = object["spec"];
  if (spec["rules"].size() == 0 && !spec["defaultBackend"].isObject()) {
    out.push_back(invalidValue("spec", spec["rules"],
                               "either `defaultBackend` or `rules` must be specified"));
  }
  if (spec["defaultBackend"].isObject())
    backend(spec["defaultBackend"], "spec.defaultBackend", out);
  for (size_t i = 0; i < spec["rules"].size(); i++) {
    std::string at = indexed("spec.rules", i);
    Value rule = spec["rules"][i], host = rule["host"];
    std::string_view text = host.text();
    if (text.starts_with("*.")) text.remove_prefix(2);
    if (schema::isIpv4(text))
      out.push_back(invalidValue(child(at, "host"), host, "must be a DNS name, not an IP address"));
    else if (!text.empty() && !dnsSubdomainProblem(text).empty()) {
      out.push_back(invalidValue(child(at, "host"), host, dnsSubdomainProblem(text)));
    }
    if (rule["http"].isObject() && rule["http"]["paths"].size() == 0)
      out.push_back(requiredValue(child(at, "http.paths")));
    for (size_t p = 0; p < rule["http"]["paths"].size(); p++) {
      Value path = rule["http"]["paths"][p];
      std::string where = indexed(child(at, "http.paths"), p);
      std::string_view type = path["pathType"].text();
      if (type.empty())
        out.push_back(requiredValue(child(where, "pathType"), "pathType must be specified"));
      if ((type == "Exact" || type == "Prefix") && !path["path"].text().starts_with('/')) {
        out.push_back(
            invalidText(child(where, "path"), path["path"].text(), "must be an absolute path"));
      }
      backend(path["backend"], child(where, "backend"), out);
    }
  }
}

void validateNetworkPolicy(Value object, Value, Causes& out) {
  Value spec = object["spec"];
  checkLabelSelector(spec["podSelector"], "spec.podSelector", out);
  for (size_t i = 0; i < spec["ingress"].size(); i++) {
    std::string at = indexed("spec.ingress", i);
    peers(spec["ingress"][i]["from"], child(at, "from"), out);
    policyPorts(spec["ingress"][i]["ports"], child(at, "ports"), out);
  }
  for (size_t i = 0; i < spec["egress"].size(); i++) {
    std::string at = indexed("spec.egress", i);
    peers(spec["egress"][i]["to"], child(at, "to"), out);
    policyPorts(spec["egress"][i]["ports"], child(at, "ports"), out);
  }
}

void validateEndpointSlice(Value object, Value, Causes& out) {
  std::string_view type = object["addressType"].text();
  if (type.empty()) out.push_back(requiredValue("addressType"));
  for (size_t i = 0; i < object["endpoints"].size(); i++) {
    std::string at = indexed("endpoints", i);
    Value addresses = object["endpoints"][i]["addresses"];
    if (addresses.size() == 0)
      out.push_back(requiredValue(child(at, "addresses"), "must contain at least 1 address"));
    if (addresses.size() > 100)
      out.push_back(schema::tooMany(child(at, "addresses"), addresses.size(), 100));
    for (size_t a = 0; a < addresses.size(); a++) {
      std::string_view text = addresses[a].text();
      bool fits = type == "IPv4" ? schema::isIpv4(text) : type != "IPv6" || schema::isIpv6(text);
      if (!fits) {
        out.push_back(invalidValue(indexed(child(at, "addresses"), a), addresses[a],
                                   cat("must be a valid ", type, " address")));
      }
    }
  }
  if (object["endpoints"].size() > 1000)
    out.push_back(schema::tooMany("endpoints", object["endpoints"].size(), 1000));
}

void validateAutoscaler(Value object, Value, Causes& out) {
  Value spec = object["spec"], min = spec["minReplicas"], max = spec["maxReplicas"];
  if (min.exists() && min.integer() < 1) {
    out.push_back(invalidValue("spec.minReplicas", min, "must be greater than or equal to 1"));
  }
  if (max.integer() < 1)
    out.push_back(invalidValue("spec.maxReplicas", max, "must be greater than 0"));
  if (min.exists() && max.integer() < min.integer()) {
    out.push_back(
        invalidValue("spec.maxReplicas", max, "must be greater than or equal to `minReplicas`"));
  }
  for (std::string_view name : {"kind", "name"}) {
    if (spec["scaleTargetRef"][name].text().empty())
      out.push_back(requiredValue(cat("spec.scaleTargetRef.", name)));
  }
}

void validateDisruptionBudget(Value object, Value, Causes& out) {
  Value spec = object["spec"];
  if (spec["minAvailable"].exists() && spec["maxUnavailable"].exists()) {
    out.push_back(invalidValue("spec", spec, "minAvailable and maxUnavailable cannot be both set"));
  }
  checkNonNegative(spec["minAvailable"], "spec.minAvailable", out);
  checkNonNegative(spec["maxUnavailable"], "spec.maxUnavailable", out);
  checkLabelSelector(spec["selector"], "spec.selector", out);
}

void validatePriorityClass(Value object, Value, Causes& out) {
  bool system = object["metadata"]["name"].text().starts_with("system-");
  std::string_view name = object["metadata"]["name"].text();
  if (system && name != "system-node-critical" && name != "system-cluster-critical") {
    out.push_back(forbiddenField(
        "metadata.name",
        "priority class names with 'system-' prefix are reserved for system use only"));
  }
  if (!system && object["value"].integer() > 1000000000) {
    out.push_back(
        forbiddenField("value", "maximum allowed value of a user defined priority is 1000000000"));
  }
}

void validatePersistentVolumeClaim(Value object, Value old, Causes& out) {
  Value spec = object["spec"], storage = spec["resources"]["requests"]["storage"];
  if (spec["accessModes"].size() == 0)
    out.push_back(requiredValue("spec.accessModes", "at least 1 access mode is required"));
  if (!storage.exists())
    out.push_back(requiredValue("spec.resources[storage]"));
  else if (quantityNumber(storage) <= 0) {
    out.push_back(invalidValue("spec.resources[storage]", storage, "must be greater than zero"));
  }
  if (!old.exists()) return;
  doc::Draft now(spec), before(old["spec"]);
  for (doc::Draft* draft : {&now, &before}) {
    if (!draft->isObject()) continue;
    for (std::string_view name : {"resources", "volumeAttributesClassName"}) draft->erase(name);
    if (old["spec"]["volumeName"].text().empty()) draft->erase("volumeName");  // the binder sets it
    if (!old["spec"]["storageClassName"].exists())
      draft->erase("storageClassName");  // the default class, later
  }
  if (!(now.finish() == before.finish())) {
    out.push_back(forbiddenField("spec",
                                 "spec is immutable after creation except resources.requests and "
                                 "volumeAttributesClassName for bound claims"));
  }
  Value was = old["spec"]["resources"]["requests"]["storage"];
  if (quantityNumber(storage) < quantityNumber(was)) {
    out.push_back(forbiddenField("spec.resources.requests.storage",
                                 "field can not be less than status.capacity"));
  }
}

}  // namespace meshka::api
