// Probes of applications go through the agent: the kubelet has no certificate of the mesh.
#pragma once

#include <string>

#include "doc/doc.h"

namespace meshka::mesh {

// Rewrites every HTTP probe of the application containers of `spec` to the agent's port and gives
// what the agent must know: {"/app-health/NAME/readyz": {"httpGet": ..., "timeoutSeconds": 1}}.
// "" when there was none.
std::string rewriteProbes(doc::Draft& spec, int64_t status_port);

}  // namespace meshka::mesh
