#include "mgmt/translate/destination_rules.h"

#include <utility>
#include <vector>

#include "base/strings.h"
#include "mgmt/translate/names.h"

namespace meshka::mgmt {

using doc::Draft;

namespace {

Draft portSettings(int64_t number, const PortRule& rule) {
  Draft settings = Draft::object({{"port", Draft::object({{"number", number}})}});
  if (!rule.tls.isNull()) {
    settings["tls"] = rule.tls;
  } else if (rule.mutual_tls) {
    settings["tls"]["mode"] = "ISTIO_MUTUAL";
    for (const std::string& name : rule.subject_alt_names) {
      settings["tls"]["subjectAltNames"].push(name);
    }
  }
  if (!rule.outlier_detection.isNull()) settings["outlierDetection"] = rule.outlier_detection;
  if (!rule.load_balancer.isNull()) settings["loadBalancer"] = rule.load_balancer;
  if (!rule.connection_pool.isNull()) settings["connectionPool"] = rule.connection_pool;
  return settings;
}

Draft specOf(const HostRule& rule) {
  Draft spec = Draft::object({{"host", rule.host}, {"exportTo", Draft::strings({"."})}});
  for (const auto& [number, port] : rule.ports) {
    spec["trafficPolicy"]["portLevelSettings"].push(portSettings(number, port));
  }
  for (const auto& [name, labels] : rule.subsets) {
    Draft map = Draft::object();
    for (const auto& [key, value] : labels) map[key] = value;
    spec["subsets"].push(Draft::object({{"name", name}, {"labels", std::move(map)}}));
  }
  return spec;
}

}  // namespace

HostRule& DestinationRules::at(const Place& place, const std::string& host, const Parent& parent) {
  HostRule& rule = rules_[place.cluster->name][place.ns][host];
  if (rule.host.empty()) {
    rule.place = place;
    rule.host = host;
    rule.parent = parent;
  }
  return rule;
}

std::map<std::string, std::map<std::string, HostRule>>* DestinationRules::inCluster(
    const std::string& cluster) {
  const auto found = rules_.find(cluster);
  return found == rules_.end() ? nullptr : &found->second;
}

void DestinationRules::write(Outputs& outputs) const {
  for (const auto& [cluster, namespaces] : rules_) {
    for (const auto& [ns, hosts] : namespaces) {
      for (const auto& [host, rule] : hosts) {
        const std::string name = hashedName(host, cat("destinationrule/", host));
        outputs.add("DestinationRule", rule.place, name, rule.parent, specOf(rule));
      }
    }
  }
}

std::string subsetName(const Labels& labels) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : labels) parts.push_back(cat(key, "-", value));
  return sanitizeName(join(parts, "-"));
}

}  // namespace meshka::mgmt
