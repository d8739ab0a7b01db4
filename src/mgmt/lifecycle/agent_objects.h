// What registering put into a workload cluster and deregistering takes out again.
#pragma once

#include <string>

#include "client/api_client.h"
#include "io/loop.h"

namespace meshka::mgmt {

// The agent with its accounts, roles and client certificate, and what it found out about its
// cluster. Errors: kTimeout while it is still there.
io::Task<Result<void>> removeAgent(io::World& world, client::ApiClient& remote, std::string ns);

}  // namespace meshka::mgmt
