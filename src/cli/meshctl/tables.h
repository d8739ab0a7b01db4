// The flags of each command of meshctl.
#pragma once

#include "cli/flags.h"

namespace meshka::cli::meshctl_tables {

Command installCommand();
Command uninstallCommand();
Command registerCommand();
Command deregisterCommand();
Command listCommand();
Command checkCommand();
Command versionCommand();

}  // namespace meshka::cli::meshctl_tables
