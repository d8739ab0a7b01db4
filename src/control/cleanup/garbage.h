// Garbage collection: an object whose owners are all gone goes too (background deletion), for every
// kind that the cluster serves, custom ones included. Deletions in the foreground and those that
// orphan the dependents, which the API server holds by a finalizer, are finished here.
#pragma once

#include "control/context.h"

namespace meshka::control {

std::unique_ptr<Controller> startGarbageCollector(Context& context);

}  // namespace meshka::control
