// Namespaces that are being deleted: empties them, pods first, and takes the finalizer off when
// nothing is left.
#pragma once

#include "control/context.h"

namespace meshka::control {

std::unique_ptr<Controller> startNamespaces(Context& context);

}  // namespace meshka::control
