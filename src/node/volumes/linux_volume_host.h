// The real VolumeHost: plain system calls on the pool.
#pragma once

#include <memory>

#include "io/runtime.h"
#include "node/volumes/volume_host.h"

namespace meshka::node {

// Needs the rights to mount (tmpfs, bind) for memory emptyDirs and subPaths only.
std::unique_ptr<VolumeHost> newLinuxVolumeHost(io::Runtime& runtime);

}  // namespace meshka::node
