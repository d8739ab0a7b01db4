// `meshka up|down|status|doctor|env`: the life of one node.
#pragma once

#include <string>
#include <vector>

#include "cli/command_context.h"
#include "cli/flags.h"
#include "cli/host/record.h"
#include "io/task.h"

namespace meshka::cli::host {

const Command& upCommand();
const Command& downCommand();
const Command& imagesCommand();
// All of them, for completion.
std::vector<Command> commands();

io::Task<int> up(CommandContext& context, std::vector<std::string> words);
io::Task<int> down(CommandContext& context, std::vector<std::string> words);
io::Task<int> status(CommandContext& context, std::vector<std::string> words);
io::Task<int> doctor(CommandContext& context, std::vector<std::string> words);
io::Task<int> env(CommandContext& context, std::vector<std::string> words);
io::Task<int> images(CommandContext& context, std::vector<std::string> words);
// Started by `up`: leaves for new namespaces and becomes `meshka host`. Its process has one thread.
io::Task<int> launch(CommandContext& context, std::vector<std::string> words);

// Ends the node and removes everything of the instance but its images (`purge`: these too). What is
// not there is fine.
io::Task<Result<void>> removeInstance(CommandContext& context, Instance instance, bool purge);

// "10:4": how many times its cores and memory the node offers. Errors: kInvalid naming the flag.
struct Overcommit {
  int64_t cpu = 10;
  int64_t memory = 4;
};
Result<Overcommit> parseOvercommit(std::string_view text);

// Where `up` writes the credentials of the host cluster, and `vcluster connect` those of virtual
// ones.
std::string kubeConfigPath(const Instance& instance);

}  // namespace meshka::cli::host
