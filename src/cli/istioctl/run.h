// One run of an istioctl command, and what the commands share.
#pragma once

#include <string>
#include <vector>

#include "cli/command_context.h"
#include "cli/flags.h"
#include "cli/host_access.h"
#include "mesh/install/installer.h"

namespace meshka::cli::istioctl {

struct Invocation {
  CommandContext context;
  Parsed flags;
};

// Each gives the exit code; errors are printed by the caller.
io::Task<Result<int>> install(Invocation run);
io::Task<Result<int>> uninstall(Invocation run);
io::Task<Result<int>> manifestGenerate(Invocation run);
io::Task<Result<int>> version(Invocation run);
io::Task<Result<int>> verifyInstall(Invocation run);
io::Task<Result<int>> proxyStatus(Invocation run);
io::Task<Result<int>> proxyCluster(Invocation run);
io::Task<Result<int>> proxyListener(Invocation run);
io::Task<Result<int>> proxyRoute(Invocation run);
io::Task<Result<int>> proxyEndpoint(Invocation run);
io::Task<Result<int>> proxySecret(Invocation run);
io::Task<Result<int>> proxyBootstrap(Invocation run);

// Running istiods: pods with label app=istiod. Errors begin with "unable to retrieve Pods".
struct IstiodPod {
  std::string name;
  std::string ns;
  std::string image_tag;
};
io::Task<Result<std::vector<IstiodPod>>> findIstiods(io::World& world, client::ApiClient& api,
                                                     std::string ns, std::string revision);

// Prints a value as --output says; "short" is the caller's.
std::string formatted(doc::Value value, std::string_view format);

// -f, --set and so on, with the files read ("-" once). Errors: kNotFound with the file's name;
// kUnsupported for other manifests.
io::Task<Result<mesh::OperatorInput>> operatorInput(CommandContext context, Parsed flags);

// The cluster of --context and --kubeconfig. Errors begin with "create Kubernetes client".
io::Task<Result<ClusterAccess>> clusterOf(CommandContext context, Parsed flags);

// Asks and reads one line of standard input: true for y and yes.
bool confirmed(Console& console, const std::string& question);

void printWarnings(Console& console, const std::vector<std::string>& warnings);

}  // namespace meshka::cli::istioctl
