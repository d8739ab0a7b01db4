// The `meshctl` command line: flag-compatible with Gloo Mesh Enterprise 2.0's, over the mgmt
// library.
#pragma once

#include <string>
#include <vector>

#include "cli/command_context.h"
#include "cli/flags.h"
#include "io/task.h"

namespace meshka::cli {

io::Task<int> runMeshctl(CommandContext& context, std::vector<std::string> words);

// For completion and documentation.
std::vector<Command> meshctlCommands();

}  // namespace meshka::cli
