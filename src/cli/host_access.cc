#include "cli/host_access.h"

#include <cstdlib>

#include "base/strings.h"
#include "client/http_api_client.h"

namespace meshka::cli {

std::vector<std::string> userKubeConfigPaths() {
  const char* variable = std::getenv("KUBECONFIG");
  const char* home = std::getenv("HOME");
  return client::kubeConfigPaths(variable == nullptr ? "" : variable, home == nullptr ? "/" : home);
}

io::Task<Result<ClusterAccess>> accessCluster(io::World& world, std::string context,
                                              std::string kubeconfig) {
  const std::vector<std::string> paths =
      kubeconfig.empty() ? userKubeConfigPaths() : std::vector<std::string>{kubeconfig};
  MESHKA_CO_TRY(const client::KubeConfig config,
                co_await client::loadKubeConfig(world.disk, paths));
  if (config.contextNames().empty()) {
    co_return fail(Code::kNotFound,
                   cat("no kubeconfig with a context at ", join(paths, ", "),
                       "; `eval $(meshka env)` sets KUBECONFIG for a running meshka"));
  }
  MESHKA_CO_TRY(client::Context found, config.context(context));
  ClusterAccess out;
  out.context = found.name;
  out.ns = found.ns;
  out.kubeconfig_path = paths.front();
  MESHKA_CO_TRY(out.credentials, co_await client::readCredentials(world.disk, std::move(found)));
  auto api = client::newHttpApiClient(world, out.credentials);
  if (!api) co_return fail(api.error().with(cat("context \"", out.context, "\"")));
  out.api = std::move(*api);
  co_return out;
}

Error explainUnreachable(const ClusterAccess& access, const Error& error) {
  if (error.code() != Code::kUnavailable && error.code() != Code::kTimeout &&
      error.code() != Code::kUnauthenticated) {
    return error;
  }
  return error.with(
      cat("cluster of context \"", access.context, "\" at ", access.credentials.server));
}

}  // namespace meshka::cli
