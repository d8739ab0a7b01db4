// tcp and tls rules.
#include "mesh/translate/listeners/tcp_route.h"

#include "mesh/translate/envoy/blocks.h"

namespace meshka::mesh {

std::optional<Draft> tcpTarget(const RouteContext& context, doc::Value destinations) {
  const std::vector<Weighted> targets = weightedDestinations(context, destinations);
  if (targets.empty()) return std::nullopt;
  const MeshConfig& config = context.model.config();
  if (targets.size() == 1) return tcpProxy(config, targets[0].cluster, targets[0].cluster);
  Draft clusters = Draft::array();
  for (const Weighted& target : targets) {
    clusters.push(obj("name", target.cluster, "weight", target.weight));
  }
  return tcpProxyWeighted(config, obj("clusters", std::move(clusters)), targets[0].cluster);
}

doc::Value tcpRuleAt(doc::Value vs_spec, const RoutePlace& place) {
  for (doc::Value rule : vs_spec["tcp"].elements()) {
    if (rule["match"].empty()) return rule;
    for (doc::Value match : rule["match"].elements()) {
      if (holdsAt(match, place)) return rule;
    }
  }
  return {};
}

std::vector<SniRule> tlsRulesAt(doc::Value vs_spec, const RoutePlace& place) {
  std::vector<SniRule> out;
  for (doc::Value rule : vs_spec["tls"].elements()) {
    for (doc::Value match : rule["match"].elements()) {
      if (holdsAt(match, place)) out.push_back({texts(match["sniHosts"]), rule["route"]});
    }
  }
  return out;
}

}  // namespace meshka::mesh
