// Bounds of the simulation. Reaching one is a bug of the test or of what it tests, and ends the
// process.
#pragma once

#include <cstddef>

#include "base/time.h"

namespace meshka::sim {

// Turns of one settle() without time passing: more means that something spins.
constexpr size_t kSettleTurns = 1'000'000;
// Virtual time that run() gives a task by default.
constexpr Duration kRunLimit = minutes(60);
// Bytes of one direction of a connection that are written and not yet read.
constexpr size_t kPipeBytes = 64 * 1024;
// A connection attempt over a cut link is repeated this often, as a SYN is.
constexpr Duration kSynRetry = seconds(1);
// Files opened for appending grow by zeros in these steps.
constexpr size_t kAppendStepBytes = 4096;

}  // namespace meshka::sim
