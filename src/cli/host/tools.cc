#include "cli/host/tools.h"

#include "base/strings.h"
#include "cli/host/system.h"

namespace meshka::cli::host {

std::vector<std::string> programFolders(const Home& home) {
  return {home.tools, "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin",
          "/bin"};
}

io::Task<Result<std::string>> runTool(CommandContext& context, std::string program,
                                      std::vector<std::string> args, std::string stdin_bytes,
                                      Duration timeout) {
  const std::string path = findProgram(program, programFolders(context.home));
  if (path.empty())
    co_return fail(Code::kForbidden, cat(program, " is not installed; run tools/install"));
  std::string shown = program;
  for (const std::string& arg : args) shown += cat(" ", arg);
  io::ProcessSpec spec{
      .program = path, .args = std::move(args), .stdin_bytes = std::move(stdin_bytes)};
  auto result =
      co_await context.world.runtime.run(std::move(spec), context.world.clock().now() + timeout);
  if (!result) co_return fail(result.error().with(shown));
  if (result->exit_code != 0)
    co_return fail(Code::kInternal,
                   cat(shown, ": exit code ", result->exit_code, ": ", trim(result->err)));
  co_return std::move(result->out);
}

}  // namespace meshka::cli::host
