// Services behind an east-west gateway.
#include "mesh/translate/gateways/passthrough.h"

#include <algorithm>

#include "mesh/translate/clusters/outbound.h"
#include "mesh/translate/endpoints/assignment.h"

namespace meshka::mesh {

std::vector<PassedService> passedBy(const Model& model, const ProxyIdentity& proxy,
                                    const GatewayServer& server) {
  std::vector<PassedService> out;
  for (const Service* service : model.visibleServices(proxy.ns)) {
    const bool inside =
        std::any_of(server.hosts.begin(), server.hosts.end(), [&](const HostFilter& filter) {
          const bool ns = filter.ns.empty() || filter.ns == "*" || filter.ns == service->ns;
          return ns && hostInside(service->host, filter.host);
        });
    if (!inside || !service->in_mesh || service->host.starts_with("*")) continue;
    const std::vector<std::string> subsets = subsetsOf(passedRule(model, proxy, *service));
    for (const Port& port : service->ports) {
      if (port.protocol == Protocol::kUdp) continue;
      for (const std::string& subset : subsets) out.push_back({service, &port, subset});
    }
  }
  return out;
}

}  // namespace meshka::mesh
