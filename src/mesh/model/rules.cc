// Merge and lookup of DestinationRules.
#include "mesh/model/rules.h"

#include "mesh/model/names.h"

namespace meshka::mesh {
namespace {

void overrideBy(TrafficPolicy& out, doc::Value settings) {
  const auto take = [&](doc::Value& group, std::string_view field) {
    if (settings[field].isObject()) group = settings[field];
  };
  take(out.load_balancer, "loadBalancer");
  take(out.connection_pool, "connectionPool");
  take(out.outlier, "outlierDetection");
  take(out.tls, "tls");
}

doc::Value portSettings(doc::Value policy, int port) {
  for (doc::Value settings : policy["portLevelSettings"].elements()) {
    if (settings["port"]["number"].integer() == port) return settings;
  }
  return {};
}

}  // namespace

doc::Value Rule::subset(std::string_view name) const {
  for (doc::Value s : subsets) {
    if (s["name"].text() == name) return s;
  }
  return {};
}

TrafficPolicy policyOf(const Rule* rule, int port, std::string_view subset) {
  TrafficPolicy out;
  if (rule == nullptr) return out;
  const doc::Value own = portSettings(rule->policy, port);
  overrideBy(out, own.exists() ? own : rule->policy);
  if (subset.empty()) return out;
  const doc::Value policy = rule->subset(subset)["trafficPolicy"];
  overrideBy(out, policy);
  overrideBy(out, portSettings(policy, port));
  return out;
}

void Rules::add(doc::Value rule, std::string_view cluster_domain) {
  const std::string_view ns = metaNamespace(rule);
  const doc::Value spec = rule["spec"];
  const std::string host = fullHost(spec["host"].text(), ns, cluster_domain);
  auto [it, fresh] = by_ns_[std::string(ns)].try_emplace(host);
  Rule& merged = it->second;
  if (fresh) {
    merged.object = metaName(rule);
    merged.ns = ns;
    merged.host = host;
    merged.export_to = parseExportTo(texts(spec["exportTo"]), ns);
  }
  if (!merged.policy.exists()) merged.policy = spec["trafficPolicy"];
  for (doc::Value subset : spec["subsets"].elements()) {
    if (!merged.subset(subset["name"].text()).exists()) merged.subsets.push_back(subset);
  }
}

const Rule* Rules::findIn(std::string_view ns, std::string_view host,
                          std::string_view client_ns) const {
  const auto it = by_ns_.find(ns);
  if (it == by_ns_.end()) return nullptr;
  const auto visible = [&](const Rule& rule) { return rule.export_to.sees(client_ns); };
  const auto exact = it->second.find(std::string(host));
  if (exact != it->second.end() && visible(exact->second)) return &exact->second;
  const Rule* best = nullptr;
  for (const auto& [pattern, rule] : it->second) {
    if (!pattern.starts_with("*") || !hostInside(host, pattern) || !visible(rule)) continue;
    if (best == nullptr || pattern.size() > best->host.size()) best = &rule;
  }
  return best;
}

const Rule* Rules::find(std::string_view client_ns, const Service& service,
                        std::string_view root_ns) const {
  if (const Rule* own = findIn(client_ns, service.host, client_ns)) return own;
  if (const Rule* its = findIn(service.ns, service.host, client_ns)) return its;
  return findIn(root_ns, service.host, client_ns);
}

}  // namespace meshka::mesh
