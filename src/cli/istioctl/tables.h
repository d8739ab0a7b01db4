// What istioctl's commands take; the runs are in the other files of this folder.
#pragma once

#include "cli/flags.h"

namespace meshka::cli::istioctl_tables {

Command installCommand();
Command uninstallCommand();
Command manifestGenerateCommand();
Command versionCommand();
Command verifyInstallCommand();

}  // namespace meshka::cli::istioctl_tables
