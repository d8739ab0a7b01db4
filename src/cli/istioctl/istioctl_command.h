// The `istioctl` command line: flag-compatible with Istio 1.11's, over the mesh library.
#pragma once

#include <string>
#include <vector>

#include "cli/command_context.h"
#include "cli/flags.h"
#include "io/task.h"

namespace meshka::cli {

io::Task<int> runIstioctl(CommandContext& context, std::vector<std::string> words);

// For completion and documentation.
std::vector<Command> istioctlCommands();

}  // namespace meshka::cli
