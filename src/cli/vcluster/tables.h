// The flags of the vcluster commands, as data.
#pragma once

#include "cli/flags.h"

namespace meshka::cli::vcluster_tables {

Command createCommand();
Command connectCommand();
Command listCommand();
Command deleteCommand();

}  // namespace meshka::cli::vcluster_tables
