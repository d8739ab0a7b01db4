// Finds and runs the programs that the node needs.
#pragma once

#include <string>
#include <vector>

#include "cli/command_context.h"
#include "io/runtime.h"
#include "io/task.h"

namespace meshka::cli::host {

// Folders in which programs are looked for: our tools first, then the system's.
std::vector<std::string> programFolders(const Home& home);

// Runs a program to its end; a non-zero exit code is kInternal with what it printed. Gives its
// standard output.
io::Task<Result<std::string>> runTool(CommandContext& context, std::string program,
                                      std::vector<std::string> args, std::string stdin_bytes,
                                      Duration timeout);

}  // namespace meshka::cli::host
