// The last lines of a pod's log: what a container that does not become ready says itself.
#pragma once

#include <string>

#include "cli/host_access.h"

namespace meshka::cli::meshctl {

// Of the newest pod labelled app=APP, at most `lines`; "" when there is none to read.
io::Task<std::string> logTail(io::World& world, const ClusterAccess& access, std::string ns,
                              std::string app, int lines);

}  // namespace meshka::cli::meshctl
