// The ProxyConfig of one pod: mesh defaults under the pod's own annotation.
#pragma once

#include "base/result.h"
#include "doc/doc.h"

namespace meshka::mesh {

// Built-in defaults left out, as the proxy has them itself. `mesh` is the mesh config's document.
// Errors: kInvalid (the annotation proxy.istio.io/config is no YAML object).
Result<doc::Doc> proxyConfigOf(doc::Value mesh, doc::Value pod);

}  // namespace meshka::mesh
