// Endpoints, grouped by locality and ordered by distance.
#include "mesh/translate/endpoints/assignment.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/strings.h"
#include "mesh/translate/clusters/policy.h"
#include "mesh/translate/envoy/blocks.h"

namespace meshka::mesh {
namespace {

struct Target {
  uint32_t weight = 0;
  bool mutual_tls = true;
};
struct Group {
  // By address: Envoy takes each once, so equal ones (a gateway in front of several pods) add up.
  std::map<std::pair<std::string, int>, Target> targets;
  int64_t weight = 0;
  int priority = 0;
};
using Groups = std::map<Locality, Group>;

Draft endpointOf(const std::string& ip, int port, const Target& target) {
  Draft out = obj("endpoint", obj("address", address(ip, port)), "load_balancing_weight",
                  static_cast<int64_t>(target.weight));
  if (target.mutual_tls) {
    out["metadata"] =
        obj("filter_metadata", obj("envoy.transport_socket_match", obj("tlsMode", "istio")));
  }
  return out;
}

std::string regionOf(const ProxyIdentity& proxy) {
  return proxy.locality_region.empty() ? proxy.cluster_id : proxy.locality_region;
}

// "*", "region/*", "region/zone/*" or a whole locality; a shorter one holds for all below it.
bool localityFits(std::string_view pattern, const Locality& at) {
  const std::string_view own[] = {at.region, at.zone, at.subzone};
  const auto parts = split(pattern, '/');
  for (size_t i = 0; i < parts.size() && i < 3; ++i) {
    if (parts[i] == "*") return true;
    if (parts[i] != own[i]) return false;
  }
  return true;
}

// 0 the proxy's region, 1 the one that failover names (or any when it names none), 2 the rest.
void setPriorities(Groups& groups, const std::string& region, doc::Value failover) {
  std::string_view to;
  for (doc::Value rule : failover.elements()) {
    if (rule["from"].text() == region && to.empty()) to = rule["to"].text();
  }
  std::set<int> used;
  for (auto& [locality, group] : groups) {
    const bool named = to.empty() || locality.region == to;
    group.priority = locality.region == region ? 0 : named ? 1 : 2;
    used.insert(group.priority);
  }
  for (auto& [locality, group] : groups) {  // Envoy wants them without holes
    group.priority = static_cast<int>(std::distance(used.begin(), used.find(group.priority)));
  }
}

// Weights per locality by the first rule whose `from` fits; localities without a share get nothing.
void distribute(Groups& groups, const std::string& region, doc::Value rules) {
  Locality own;
  own.region = region;
  for (doc::Value rule : rules.elements()) {
    if (!localityFits(rule["from"].text(), own)) continue;
    Groups kept;
    for (auto [pattern, share] : rule["to"].members()) {
      int64_t total = 0;
      std::vector<Groups::node_type> fitting;
      for (auto it = groups.begin(); it != groups.end();) {
        auto next = std::next(it);
        if (localityFits(pattern, it->first)) {
          total += it->second.weight;
          fitting.push_back(groups.extract(it));
        }
        it = next;
      }
      for (auto& node : fitting) {
        node.mapped().weight = std::max<int64_t>(1, node.mapped().weight * share.integer() / total);
        if (share.integer() > 0) kept.insert(std::move(node));
      }
    }
    groups = std::move(kept);
    return;
  }
}

}  // namespace

const Rule* passedRule(const Model& model, const ProxyIdentity& proxy, const Service& service) {
  const Rule* own = model.rule(service.ns, service);
  return own != nullptr ? own : model.rule(proxy.ns, service);
}

Draft assignment(const Model& model, const ProxyIdentity& proxy, const Service& service,
                 const Port& port, std::string_view subset, std::string_view cluster_name,
                 EndpointView view) {
  const Rule* rule = view == EndpointView::kLocalPods ? passedRule(model, proxy, service)
                                                      : model.rule(proxy.ns, service);
  const doc::Value wanted =
      rule != nullptr && !subset.empty() ? rule->subset(subset)["labels"] : doc::Value();
  const bool unknown_subset =
      !subset.empty() && (rule == nullptr || !rule->subset(subset).exists());
  Groups groups;
  for (const Endpoint& endpoint : service.endpoints) {
    const auto target = endpoint.ports.find(port.name);
    if (target == endpoint.ports.end() || unknown_subset) continue;
    if (!selects(wanted, endpoint.labels)) continue;
    if (view == EndpointView::kLocalPods && !(endpoint.local_pod && endpoint.mutual_tls)) continue;
    Group& group = groups[endpoint.locality];
    Target& at = group.targets[{endpoint.address, target->second}];
    at.weight += endpoint.weight;
    at.mutual_tls = at.mutual_tls && endpoint.mutual_tls;
    group.weight += endpoint.weight;
  }
  const TrafficPolicy policy = policyOf(rule, port.number, subset);
  const doc::Value setting = localitySettings(policy);
  if (!setting["distribute"].empty()) {
    distribute(groups, regionOf(proxy), setting["distribute"]);
  } else if (prefersLocality(policy)) {
    setPriorities(groups, regionOf(proxy), setting["failover"]);
  }
  Draft list = Draft::array();
  for (auto& [locality, group] : groups) {
    Draft where = obj();
    if (!locality.region.empty()) where["region"] = locality.region;
    if (!locality.zone.empty()) where["zone"] = locality.zone;
    if (!locality.subzone.empty()) where["sub_zone"] = locality.subzone;
    Draft endpoints = Draft::array();
    for (const auto& [at, target] : group.targets) {
      endpoints.push(endpointOf(at.first, at.second, target));
    }
    Draft one = obj("locality", std::move(where), "load_balancing_weight", group.weight,
                    "lb_endpoints", std::move(endpoints));
    if (group.priority > 0) one["priority"] = group.priority;
    list.push(std::move(one));
  }
  return obj("cluster_name", cluster_name, "endpoints", std::move(list));
}

NamedResource endpointsOf(const Model& model, const ProxyIdentity& proxy,
                          const std::string& cluster_name) {
  NamedResource out;
  out.name = cluster_name;
  const auto parsed = parseClusterName(cluster_name);
  const Service* service = parsed ? model.service(parsed->host, proxy.ns) : nullptr;
  const Port* port = service != nullptr ? service->port(parsed->port) : nullptr;
  if (port == nullptr) {
    out.config = obj("cluster_name", cluster_name).finish();
    return out;
  }
  out.config = assignment(model, proxy, *service, *port, parsed->subset, cluster_name,
                          parsed->dnat ? EndpointView::kLocalPods : EndpointView::kAll)
                   .finish();
  return out;
}

}  // namespace meshka::mesh
