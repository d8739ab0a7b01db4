// The `vcluster` command line: flag-compatible with vcluster 0.7-0.9 (profile "classic"), over the
// vcluster library.
#pragma once

#include <string>
#include <vector>

#include "cli/command_context.h"
#include "cli/flags.h"
#include "io/task.h"

namespace meshka::cli {

io::Task<int> runVcluster(CommandContext& context, std::vector<std::string> words);

// For completion and documentation.
std::vector<Command> vclusterCommands();

}  // namespace meshka::cli
