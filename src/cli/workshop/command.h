// `meshka workshop`.
#pragma once

#include <string>
#include <vector>

#include "cli/command_context.h"
#include "cli/flags.h"
#include "io/task.h"

namespace meshka::cli::workshop {

const Command& command();
// Exit code: kOk when every chosen step passed.
io::Task<int> run(CommandContext& context, std::vector<std::string> words);

}  // namespace meshka::cli::workshop
