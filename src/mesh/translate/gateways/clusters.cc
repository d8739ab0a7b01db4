// The clusters that a router's servers lead to, and no others: a gateway is not asked for the rest.
#include <map>

#include "mesh/translate/clusters/outbound.h"
#include "mesh/translate/gateways/gateway.h"
#include "mesh/translate/gateways/passthrough.h"
#include "mesh/translate/routes/action.h"

namespace meshka::mesh {
namespace {

class Collector {
 public:
  Collector(const Model& model, const ProxyIdentity& proxy) : model_(model), proxy_(proxy) {}

  void add(const GatewayServer& server) {
    if (server.kind == ServerKind::kAutoPassthrough) {
      for (const PassedService& passed : passedBy(model_, proxy_, server)) {
        keep(dnatCluster(model_, proxy_, *passed.service, *passed.port, passed.subset));
      }
      return;
    }
    for (const BoundService& bound : boundTo(model_, proxy_, server)) {
      const RouteContext context{model_, proxy_, bound.vs->ns, server.port};
      for (const std::string_view kind : {"http", "tcp", "tls"}) {
        for (doc::Value rule : bound.vs->spec[kind].elements()) addRule(context, rule);
      }
    }
  }

  std::vector<NamedResource> finish() {
    std::vector<NamedResource> out;
    for (auto& [name, cluster] : clusters_) out.push_back(std::move(cluster));
    return out;
  }

 private:
  void keep(NamedResource cluster) { clusters_.emplace(cluster.name, std::move(cluster)); }

  void addRule(const RouteContext& context, doc::Value rule) {
    for (const Weighted& target : weightedDestinations(context, rule["route"])) {
      addCluster(target.cluster);
    }
    if (rule["mirror"].isObject()) addCluster(destinationCluster(context, rule["mirror"]));
  }

  void addCluster(const std::string& name) {
    const auto parsed = parseClusterName(name);
    const Service* service = model_.service(parsed->host, proxy_.ns);
    const Port* port = service != nullptr ? service->port(parsed->port) : nullptr;
    if (port == nullptr || port->protocol == Protocol::kUdp) return;
    const Rule* rule = model_.rule(proxy_.ns, *service);
    const bool known =
        parsed->subset.empty() || (rule != nullptr && rule->subset(parsed->subset).exists());
    if (known) keep(outboundCluster(model_, proxy_, *service, *port, parsed->subset));
  }

  const Model& model_;
  const ProxyIdentity& proxy_;
  std::map<std::string, NamedResource> clusters_;
};

}  // namespace

std::vector<NamedResource> gatewayClusters(const Model& model, const ProxyIdentity& proxy) {
  Collector collector(model, proxy);
  for (const GatewayServer& server : serversOf(model, proxy)) collector.add(server);
  return collector.finish();
}

}  // namespace meshka::mesh
