// A sidecar's clusters towards its own application.
#pragma once

#include <vector>

#include "mesh/model/model.h"
#include "mesh/translate/translate.h"

namespace meshka::mesh {

std::vector<NamedResource> inboundClusters(const Model& model, const ProxyIdentity& proxy);

}  // namespace meshka::mesh
