// A pod's .status as users know it: phase, conditions, container states with their reasons,
// addresses.
#pragma once

#include "doc/doc.h"
#include "node/pod/machine.h"

namespace meshka::node {

// The whole status. Conditions keep their lastTransitionTime while they do not change; conditions
// of others (PodScheduled, readiness gates) are kept as they are.
doc::Doc buildStatus(const PodMachine& machine, Instant now, WallTime wall);

}  // namespace meshka::node
