// From Services, pods and workloads to what a client of the Service may know of it. Only for
// world.cc.
#pragma once

#include <string_view>
#include <vector>

#include "mgmt/translate/world.h"

namespace meshka::mgmt {

// Empty when there are none.
const std::vector<doc::Doc>& objectsOf(const ObjectsByResource& objects, const char* resource);

// cluster.workloads must be read.
void readServices(Cluster& cluster, const ClusterSnapshot& snapshot);

}  // namespace meshka::mgmt
