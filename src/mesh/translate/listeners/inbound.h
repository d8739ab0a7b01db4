// A sidecar's listener for what reaches its pod.
#pragma once

#include "mesh/translate/translate.h"

namespace meshka::mesh {

NamedResource inboundListener(const Model& model, const ProxyIdentity& proxy);

}  // namespace meshka::mesh
