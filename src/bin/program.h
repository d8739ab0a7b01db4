// What the program can be, by the name it was started under or its first word.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command_context.h"
#include "io/task.h"

namespace meshka::bin {

using Words = std::vector<std::string>;  // behind the command's name

struct Program {
  std::string_view name;  // "up", "apiserver", ...
  std::string_view
      summary;  // one line of `meshka help`; empty: not listed (started by meshka itself)
  // Gives the exit code (cli::Exit).
  io::Task<int> (*run)(cli::CommandContext& context, Words words);
};

io::Task<int> apiserver(cli::CommandContext& context, Words words);       // apiserver.cc
io::Task<int> vclusterServer(cli::CommandContext& context, Words words);  // vcluster_server.cc
io::Task<int> istiod(cli::CommandContext& context, Words words);          // istiod.cc
io::Task<int> proxyAgent(cli::CommandContext& context, Words words);      // proxy_agent.cc
io::Task<int> mgmtServer(cli::CommandContext& context, Words words);      // mgmt_server.cc
io::Task<int> mgmtAgent(cli::CommandContext& context, Words words);       // mgmt_agent.cc
io::Task<int> mgmtUi(cli::CommandContext& context, Words words);          // mgmt_ui.cc
io::Task<int> bookinfoMain(cli::CommandContext& context, Words words);    // bookinfo.cc

}  // namespace meshka::bin
