// The ports that a sidecar's own application serves, as the services that select its pod say.
#pragma once

#include <vector>

#include "mesh/model/model.h"
#include "mesh/translate/translate.h"

namespace meshka::mesh {

struct OwnPort {
  int number = 0;  // of the container
  Protocol protocol = Protocol::kAuto;
  const Service* service = nullptr;
  int service_port = 0;
};
// By number; where two services disagree about a port, Kubernetes' own and the first by host win.
// Ready or not: the configuration is there before the first probe.
std::vector<OwnPort> ownPorts(const Model& model, const ProxyIdentity& proxy);

}  // namespace meshka::mesh
