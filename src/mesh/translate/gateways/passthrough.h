// What an AUTO_PASSTHROUGH server passes on: every port and subset of a visible service of the mesh
// whose host lies inside the server's hosts. For the .cc files of this folder only.
#pragma once

#include <string>
#include <vector>

#include "mesh/translate/gateways/servers.h"

namespace meshka::mesh {

struct PassedService {
  const Service* service = nullptr;
  const Port* port = nullptr;
  std::string subset;
};
std::vector<PassedService> passedBy(const Model& model, const ProxyIdentity& proxy,
                                    const GatewayServer& server);

}  // namespace meshka::mesh
