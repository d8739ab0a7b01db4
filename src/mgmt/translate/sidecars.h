// Sidecars that trim what a workload's proxy is told to the hosts that its workspace may call.
#pragma once

namespace meshka::mgmt {

struct Context;

// After everything that makes hosts.
void writeSidecars(Context& context);

}  // namespace meshka::mgmt
