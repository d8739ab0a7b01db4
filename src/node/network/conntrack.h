// Forgets connection tracking entries by netlink (ctnetlink,
// linux/netfilter/nfnetlink_conntrack.h).
#pragma once

#include <vector>

#include "node/network/service_rules.h"

namespace meshka::node {

// Deletes UDP entries whose original destination is a flow's service address and port, and whose
// endpoint is the flow's when it names one. Blocking: run it on the pool. Gives how many went.
// Errors: kForbidden, kUnsupported.
Result<size_t> forgetUdpFlows(const std::vector<UdpFlow>& flows);

}  // namespace meshka::node
