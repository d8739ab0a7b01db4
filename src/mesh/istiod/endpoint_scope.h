// What of a change of endpoints is seen in more than endpoints.
#pragma once

#include "mesh/model/model.h"

namespace meshka::mesh {

// False when clusters differ as well: the accounts behind a service (a client accepts only those),
// or the addresses of a service whose endpoints are part of its cluster.
bool onlyEndpointsDiffer(const Model& before, const Model& after);

}  // namespace meshka::mesh
