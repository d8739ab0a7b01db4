// The entry points: what a sidecar and what a router gets.
#include "mesh/translate/translate.h"

#include "mesh/translate/clusters/inbound.h"
#include "mesh/translate/clusters/outbound.h"
#include "mesh/translate/envoy/blocks.h"
#include "mesh/translate/gateways/gateway.h"
#include "mesh/translate/listeners/inbound.h"
#include "mesh/translate/listeners/outbound.h"
#include "mesh/translate/routes/sidecar.h"
#include "mesh/translate/scope.h"

namespace meshka::mesh {
namespace {

NamedResource blackHole() {
  return named(obj("name", kBlackHole, "type", "STATIC", "connect_timeout", "10s"));
}

NamedResource passthrough() {
  return named(obj("name", kPassthrough, "type", "ORIGINAL_DST", "lb_policy", "CLUSTER_PROVIDED",
                   "connect_timeout", "10s", "circuit_breakers", noLimits(),
                   "typed_extension_protocol_options", downstreamOptions()));
}

}  // namespace

std::vector<NamedResource> clustersOf(const Model& model, const ProxyIdentity& proxy) {
  std::vector<NamedResource> out;
  if (proxy.router) {
    out = gatewayClusters(model, proxy);
    out.push_back(blackHole());
    return out;
  }
  for (const Service* service : scopeOf(model, proxy).services) {
    const std::vector<std::string> subsets = subsetsOf(model.rule(proxy.ns, *service));
    for (const Port& port : service->ports) {
      if (port.protocol == Protocol::kUdp) continue;
      for (const std::string& subset : subsets) {
        out.push_back(outboundCluster(model, proxy, *service, port, subset));
      }
    }
  }
  for (NamedResource& cluster : inboundClusters(model, proxy)) out.push_back(std::move(cluster));
  out.push_back(blackHole());
  out.push_back(passthrough());
  return out;
}

std::vector<NamedResource> listenersOf(const Model& model, const ProxyIdentity& proxy) {
  if (proxy.router) return gatewayListeners(model, proxy);
  std::vector<NamedResource> out = outboundListeners(model, proxy);
  out.push_back(inboundListener(model, proxy));
  return out;
}

NamedResource routesOf(const Model& model, const ProxyIdentity& proxy,
                       const std::string& route_name) {
  return named(proxy.router ? gatewayRoutes(model, proxy, route_name)
                            : sidecarRoutes(model, proxy, route_name));
}

}  // namespace meshka::mesh
