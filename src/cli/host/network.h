// The node's links: one veth into the root namespace, the route to the instance's LoadBalancer
// range with an unreachable route behind it (when the link goes, packets must not leave by the
// default route).
#pragma once

#include "cli/host/record.h"
#include "cli/host/tools.h"

namespace meshka::cli::host {

// Ranges for `record`, chosen by looking at what is routed. Run where the user's routes are
// visible: `root_network` is the path of the root network namespace, empty in the root namespace
// itself. Errors: kConflict, nothing is free.
io::Task<Result<Record>> chooseRanges(CommandContext& context, Record record,
                                      std::string root_network);

// From inside the node: makes both ends, addresses and routes. `root_network` as above.
io::Task<Result<void>> makeLinks(CommandContext& context, Instance instance, Record record,
                                 std::string root_network);

// In the root namespace: removes what is left of an instance; what is not there is fine.
io::Task<Result<void>> removeLinks(CommandContext& context, Instance instance, Record record);

}  // namespace meshka::cli::host
