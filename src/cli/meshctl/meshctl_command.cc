#include "cli/meshctl/meshctl_command.h"

#include "base/strings.h"

namespace meshka::cli {

io::Task<int> runMeshctl(CommandContext& context, std::vector<std::string> words) {
  const std::string verb = words.empty() ? std::string() : cat(" ", words[0]);
  context.console.err(cat("meshctl", verb, " is not supported yet; docs/status.md says what is\n"));
  co_return kNotSupported;
}

}  // namespace meshka::cli
