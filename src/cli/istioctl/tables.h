// What istioctl's commands take; the runs are in the other files of this folder.
#pragma once

#include "cli/flags.h"

namespace meshka::cli::istioctl_tables {

Command installCommand();
Command uninstallCommand();
Command manifestGenerateCommand();
Command versionCommand();
Command verifyInstallCommand();
Command proxyStatusCommand();
// proxy-config KIND: cluster, listener, route, endpoint, secret or bootstrap.
Command proxyClusterCommand();
Command proxyListenerCommand();
Command proxyRouteCommand();
Command proxyEndpointCommand();
Command proxySecretCommand();
Command proxyBootstrapCommand();

}  // namespace meshka::cli::istioctl_tables
