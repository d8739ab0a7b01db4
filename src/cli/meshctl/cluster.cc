// `meshctl cluster register|deregister|list`.
#include "base/strings.h"
#include "cli/meshctl/pod_log.h"
#include "cli/meshctl/run.h"
#include "cli/vcluster/values_files.h"
#include "doc/json.h"
#include "doc/yaml.h"
#include "mgmt/chart/chart.h"
#include "mgmt/lifecycle/register.h"

namespace meshka::cli::meshctl {

using doc::Draft;
using io::Task;

namespace {

constexpr int kLogLines = 5;

Task<Result<ClusterAccess>> accessRemote(io::World& world, Parsed flags) {
  if (!flags.given("remote-context")) {
    co_return fail(Code::kInvalid,
                   "--remote-context is required: the context of the workload cluster");
  }
  co_return co_await accessCluster(world, flags.get("remote-context"), flags.get("kubeconfig"));
}

}  // namespace

Task<Result<int>> registerCluster(Invocation run) {
  io::World& world = run.context.world;
  ConsoleProgress progress(run.context.console);
  mgmt::RegisterRequest request;
  request.ns = run.flags.get("namespace");
  request.given_name = run.flags.arguments().back();
  request.relay_address = run.flags.get("relay-server-address");
  request.version = run.flags.get("version");
  if (request.version.starts_with('v')) request.version.erase(0, 1);
  request.cluster_domain = run.flags.get("cluster-domain");
  request.insecure = run.flags.on("relay-server-insecure");
  // What was typed wrongly is said before anything is asked.
  MESHKA_CO_CHECK(mgmt::clusterNameOf(request.given_name));
  if (!request.relay_address.empty())
    MESHKA_CO_CHECK(mgmt::parseRelayAddress(request.relay_address));
  MESHKA_CO_TRY(const ClusterAccess mgmt_cluster, co_await accessManagement(world, run.flags));
  MESHKA_CO_TRY(const ClusterAccess remote, co_await accessRemote(world, run.flags));
  const std::string ns = request.ns;
  auto done = co_await mgmt::registerCluster(world, *mgmt_cluster.api, *remote.api,
                                             std::move(request), progress);
  if (done) co_return kOk;
  if (done.error().code() == Code::kTimeout) {
    const std::string log =
        co_await logTail(world, remote, ns, std::string(mgmt::kAgentName), kLogLines);
    if (!log.empty()) run.context.console.err(cat("last lines of the agent's log:\n", log));
  }
  co_return fail(co_await explain(world, {&mgmt_cluster, &remote}, done.error()));
}

Task<Result<int>> deregisterCluster(Invocation run) {
  io::World& world = run.context.world;
  ConsoleProgress progress(run.context.console);
  MESHKA_CO_TRY(const ClusterAccess mgmt_cluster, co_await accessManagement(world, run.flags));
  MESHKA_CO_TRY(const ClusterAccess remote, co_await accessRemote(world, run.flags));
  auto done = co_await mgmt::deregisterCluster(
      world, *mgmt_cluster.api, *remote.api,
      {run.flags.get("namespace"), run.flags.arguments()[0], run.flags.on("keep-config")},
      progress);
  if (!done) co_return fail(co_await explain(world, {&mgmt_cluster, &remote}, done.error()));
  co_return kOk;
}

Task<Result<int>> listClusters(Invocation run) {
  io::World& world = run.context.world;
  MESHKA_CO_TRY(const ClusterAccess access, co_await accessManagement(world, run.flags));
  auto found = co_await mgmt::registeredClusters(world, *access.api, run.flags.get("namespace"));
  if (!found) co_return fail(co_await explain(world, {&access}, found.error()));
  std::vector<std::vector<std::string>> cells = {{"CLUSTER", "NAMESPACE", "STATE", "MESSAGE"}};
  Draft rows = Draft::array();
  for (const mgmt::Registered& cluster : *found) {
    cells.push_back({cluster.name, cluster.ns, cluster.state, cluster.message});
    rows.push(Draft::object({{"cluster", cluster.name},
                             {"namespace", cluster.ns},
                             {"givenName", cluster.given_name},
                             {"state", cluster.state},
                             {"message", cluster.message},
                             {"created", cluster.created}}));
  }
  const std::string format = run.flags.get("output");
  if (format == "table")
    run.context.console.out(formatTable(cells));
  else
    run.context.console.out(format == "json" ? cat(doc::toPrettyJson(rows.finish()), "\n")
                                             : doc::toYaml(rows.finish()));
  co_return kOk;
}

}  // namespace meshka::cli::meshctl
