// Listeners, routes and clusters of a router.
#pragma once

#include <string>
#include <vector>

#include "mesh/translate/envoy/draft.h"
#include "mesh/translate/translate.h"

namespace meshka::mesh {

std::vector<NamedResource> gatewayListeners(const Model& model, const ProxyIdentity& proxy);
Draft gatewayRoutes(const Model& model, const ProxyIdentity& proxy, const std::string& name);
// Only those that its servers lead to.
std::vector<NamedResource> gatewayClusters(const Model& model, const ProxyIdentity& proxy);

}  // namespace meshka::mesh
