// Garbage collection: an object whose owners are all gone goes too (background deletion), for every
// kind that the cluster serves, custom ones included.
#pragma once

#include "control/context.h"

namespace meshka::control {

std::unique_ptr<Controller> startGarbageCollector(Context& context);

}  // namespace meshka::control
