// A sidecar's listeners for what its application calls.
#pragma once

#include <vector>

#include "mesh/translate/translate.h"

namespace meshka::mesh {

std::vector<NamedResource> outboundListeners(const Model& model, const ProxyIdentity& proxy);

}  // namespace meshka::mesh
