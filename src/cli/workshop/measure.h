// CPU time and memory of everything that runs in a node, from its cgroup.
#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "io/disk.h"

namespace meshka::cli::workshop {

// Used since the node started; nothing when no node of this name runs.
io::Task<std::optional<Duration>> nodeCpu(io::Disk& disk, std::string instance);
// Proportional set size of all processes of the node, in MB.
io::Task<std::optional<double>> nodeMemory(io::Disk& disk, std::string instance);

}  // namespace meshka::cli::workshop
