// `meshka mgmt-ui`.
#include "base/strings.h"
#include "bin/program.h"

namespace meshka::bin {

io::Task<int> mgmtUi(cli::CommandContext& context, Words words) {
  (void)words;
  context.console.err("meshka mgmt-ui is not supported yet; docs/status.md says what is\n");
  co_return cli::kNotSupported;
}

}  // namespace meshka::bin
