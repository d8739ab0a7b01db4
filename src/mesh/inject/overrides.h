// What a user wrote into a container of the proxy's own name, laid over the injected one.
#pragma once

#include "doc/doc.h"

namespace meshka::mesh {

// Members replace; env, ports and volumeMounts merge by their keys; image "auto" is no wish.
void applyOverrides(doc::Draft& container, doc::Value wishes);

}  // namespace meshka::mesh
