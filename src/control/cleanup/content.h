// What kinds a cluster serves, by discovery: for controllers that look at every kind, custom ones
// included.
#pragma once

#include <vector>

#include "control/context.h"

namespace meshka::control {

struct ServedKind {
  client::Resource resource;
  bool namespaced = false;
};
// Listable and deletable kinds, each once, in its preferred version. Errors: of the API.
io::Task<Result<std::vector<ServedKind>>> discoverKinds(Context& context);

}  // namespace meshka::control
