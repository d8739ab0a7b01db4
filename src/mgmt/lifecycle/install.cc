#include "mgmt/lifecycle/install.h"

#include <algorithm>

#include "base/strings.h"
#include "mgmt/chart/crds.h"
#include "mgmt/lifecycle/apply.h"
#include "mgmt/lifecycle/limits.h"
#include "mgmt/lifecycle/relay_secrets.h"
#include "mgmt/lifecycle/resources.h"
#include "mgmt/lifecycle/wait.h"

namespace meshka::mgmt {

using doc::Doc;
using io::Task;

namespace {

std::string counted(const WriteCount& applied) {
  if (applied.updated == 0) return cat(applied.created, " created");
  if (applied.created == 0) return cat(applied.updated, " updated");
  return cat(applied.created, " created, ", applied.updated, " updated");
}

// Components that were installed before and are switched off now.
Task<Result<void>> removeUnwanted(io::World& world, client::ApiClient& api,
                                  const ServerChart& chart, Progress& progress) {
  const std::vector<std::string> wanted = serverDeployments(chart);
  for (const std::string_view name : {kRedisName, kUiName, kPrometheusName}) {
    if (std::ranges::find(wanted, name) != wanted.end()) continue;
    auto found = co_await api.get(resources::deployments(), chart.ns, std::string(name),
                                  world.clock().now() + kObjectTimeout);
    if (!found) continue;
    MESHKA_CO_CHECK(
        co_await removeObject(world, api, resources::deployments(), chart.ns, std::string(name)));
    MESHKA_CO_CHECK(
        co_await removeObject(world, api, resources::services(), chart.ns, std::string(name)));
    progress.step(cat("removed ", name, ", which is switched off"));
  }
  co_return Result<void>();
}

}  // namespace

Task<Result<void>> installManagement(io::World& world, client::ApiClient& api, ServerChart chart,
                                     Progress& progress) {
  std::vector<Doc> objects = serverObjects(chart);
  MESHKA_CO_CHECK(co_await ensureNamespace(world, api, objects.front()));
  objects.erase(objects.begin());
  Stopwatch crds_watch(world.clock());
  MESHKA_CO_TRY(const WriteCount crds, co_await applyCrds(world, api));
  progress.done(cat("custom resource definitions: ", counted(crds)), crds_watch.elapsed());
  if (chart.values.make_certificates) {
    Stopwatch watch(world.clock());
    MESHKA_CO_TRY(const size_t made, co_await ensureRelaySecrets(world, api, chart.ns));
    progress.done(made == 0 ? std::string("relay certificates and token: kept")
                            : cat("relay certificates and token: ", made, " secrets created"),
                  watch.elapsed());
  }
  // Accounts and configuration before the pods that use them.
  std::vector<Doc> first;
  std::vector<Doc> last;
  for (Doc& object : objects)
    (object["kind"].text() == "Deployment" ? last : first).push_back(std::move(object));
  Stopwatch watch(world.clock());
  MESHKA_CO_TRY(WriteCount applied,
                co_await applyAll(world, api, std::move(first), Existing::kUpdate));
  MESHKA_CO_TRY(const WriteCount running,
                co_await applyAll(world, api, std::move(last), Existing::kUpdate));
  applied.created += running.created;
  applied.updated += running.updated;
  progress.done(cat("objects in namespace ", chart.ns, ": ", counted(applied)), watch.elapsed());
  MESHKA_CO_CHECK(co_await removeUnwanted(world, api, chart, progress));
  MESHKA_CO_CHECK(co_await waitForDeployments(world, api, chart.ns, serverDeployments(chart),
                                              world.clock().now() + kInstallTimeout, progress));
  if (chart.values.server_service_type == "LoadBalancer") {
    auto address = co_await waitForAddress(world, api, chart.ns, std::string(kServerName),
                                           world.clock().now() + kAddressTimeout);
    if (!address)
      progress.warn(address.error().message());
    else
      progress.step(cat("relay address: ", *address, ":", chart.values.grpc_port));
  }
  co_return Result<void>();
}

Task<Result<void>> uninstallManagement(io::World& world, client::ApiClient& api,
                                       UninstallRequest request, Progress& progress) {
  auto server = co_await api.get(resources::deployments(), request.ns, std::string(kServerName),
                                 world.clock().now() + kObjectTimeout);
  if (!server && server.error().code() != Code::kNotFound) co_return fail(server.error());
  if (!server && !request.purge) {
    co_return fail(Code::kNotFound,
                   cat("no management server in namespace ", request.ns, "; nothing to uninstall"));
  }
  ServerChart chart;  // everything that any values could have made
  chart.ns = request.ns;
  std::vector<Doc> objects = serverObjects(chart);
  Stopwatch watch(world.clock());
  for (auto it = objects.rbegin(); it != objects.rend(); ++it) {
    if ((*it)["kind"].text() == "Namespace") continue;
    MESHKA_CO_CHECK(co_await removeObject(world, api, resources::ofObject(*it),
                                          std::string((*it)["metadata"]["namespace"].text()),
                                          std::string((*it)["metadata"]["name"].text())));
  }
  const Instant deadline = world.clock().now() + kRemoveTimeout;
  for (const std::string& name : serverDeployments(chart)) {
    MESHKA_CO_CHECK(co_await waitForObject(
        world, api, resources::deployments(), request.ns, name,
        [](doc::Value object) { return !object.exists(); }, deadline,
        cat("deployment \"", name, "\" is still there")));
  }
  progress.done("management plane removed", watch.elapsed());
  if (!request.purge) {
    progress.step(
        "kept: custom resource definitions with their objects, relay certificates, namespace "
        "(--purge removes them)");
    co_return Result<void>();
  }
  for (const Doc& crd : crdObjects()) {
    MESHKA_CO_CHECK(co_await removeObject(world, api, resources::crds(), "",
                                          std::string(crd["metadata"]["name"].text())));
  }
  MESHKA_CO_CHECK(co_await removeObject(world, api, resources::namespaces(), "", request.ns));
  progress.done("custom resource definitions and namespace removed", watch.elapsed());
  co_return Result<void>();
}

}  // namespace meshka::mgmt
