// `meshka host`: the host cluster's process, first of its pid, mount and network namespaces.
#pragma once

#include "bin/program.h"

namespace meshka::bin {

io::Task<int> hostMain(cli::CommandContext& context, Words words);

}  // namespace meshka::bin
