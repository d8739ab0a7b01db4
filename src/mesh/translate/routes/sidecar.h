// A sidecar's outbound route configurations.
#pragma once

#include <string>

#include "mesh/translate/envoy/draft.h"
#include "mesh/translate/translate.h"

namespace meshka::mesh {

Draft sidecarRoutes(const Model& model, const ProxyIdentity& proxy, const std::string& name);

}  // namespace meshka::mesh
