#include "bin/own_cluster.h"

#include <cstdlib>

#include "io/disk.h"

namespace meshka::bin {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

io::Task<Result<client::Credentials>> ownCluster(io::World& world, std::string kubeconfig) {
  if (kubeconfig.empty()) {
    co_return co_await client::inClusterCredentials(
        world.disk, environment("KUBERNETES_SERVICE_HOST"), environment("KUBERNETES_SERVICE_PORT"));
  }
  MESHKA_CO_TRY(const client::KubeConfig config,
                co_await client::loadKubeConfig(world.disk, {std::move(kubeconfig)}));
  MESHKA_CO_TRY(client::Context context, config.context(""));
  co_return co_await client::readCredentials(world.disk, std::move(context));
}

}  // namespace meshka::bin
