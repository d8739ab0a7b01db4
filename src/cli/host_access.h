// A command's way to a cluster: kubeconfig by the user's environment, a context, a client.
#pragma once

#include <memory>
#include <string>

#include "cli/command_context.h"
#include "client/api_client.h"
#include "client/kubeconfig.h"

namespace meshka::cli {

struct ClusterAccess {
  std::string context;          // its name
  std::string ns;               // of the context
  std::string kubeconfig_path;  // the first file: where new entries go
  client::Credentials credentials;
  std::unique_ptr<client::ApiClient> api;
};

// KUBECONFIG's files, or HOME/.kube/config.
std::vector<std::string> userKubeConfigPaths();

// `context` "" is the current one; `kubeconfig` "" means the user's files. Errors: kNotFound,
// kInvalid: which file, which context, what to do.
io::Task<Result<ClusterAccess>> accessCluster(io::World& world, std::string context,
                                              std::string kubeconfig = {});

// "cannot reach the cluster of context X at SERVER: ..." when the error says that nobody answered.
Error explainUnreachable(const ClusterAccess& access, const Error& error);

}  // namespace meshka::cli
