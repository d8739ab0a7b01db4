// `meshka mgmt-server`.
#include "base/strings.h"
#include "bin/program.h"

namespace meshka::bin {

io::Task<int> mgmtServer(cli::CommandContext& context, Words words) {
  (void)words;
  context.console.err("meshka mgmt-server is not supported yet; docs/status.md says what is\n");
  co_return cli::kNotSupported;
}

}  // namespace meshka::bin
