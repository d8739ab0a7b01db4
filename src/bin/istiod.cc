// `meshka istiod`.
#include "base/strings.h"
#include "bin/program.h"

namespace meshka::bin {

io::Task<int> istiod(cli::CommandContext& context, Words words) {
  (void)words;
  context.console.err("meshka istiod is not supported yet; docs/status.md says what is\n");
  co_return cli::kNotSupported;
}

}  // namespace meshka::bin
