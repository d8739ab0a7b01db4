// `meshka vcluster-server`: one virtual control plane. It knows its host only by an API client.
#pragma once

#include "bin/program.h"
#include "io/task.h"

namespace meshka::bin {

io::Task<int> runVclusterServer(cli::CommandContext& context, Words words);

}  // namespace meshka::bin
