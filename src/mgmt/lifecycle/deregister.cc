#include "base/strings.h"
#include "mgmt/chart/chart.h"
#include "mgmt/lifecycle/agent_objects.h"
#include "mgmt/lifecycle/apply.h"
#include "mgmt/lifecycle/limits.h"
#include "mgmt/lifecycle/register.h"
#include "mgmt/lifecycle/resources.h"
#include "mgmt/lifecycle/wait.h"

namespace meshka::mgmt {

using doc::Doc;
using io::Task;

namespace {

constexpr std::string_view kGenerated = "reconciler.mesh.gloo.solo.io/name=translator";

// The kinds that the management server writes into workload clusters.
std::vector<client::Resource> generatedKinds() {
  std::vector<client::Resource> out;
  for (const char* plural : {"virtualservices", "destinationrules", "serviceentries",
                             "workloadentries", "gateways", "sidecars"})
    out.push_back({"networking.istio.io", "v1beta1", plural});
  out.push_back({"networking.istio.io", "v1alpha3", "envoyfilters"});
  for (const char* plural :
       {"peerauthentications", "authorizationpolicies", "requestauthentications"})
    out.push_back({"security.istio.io", "v1beta1", plural});
  for (const char* plural : {"issuedcertificates", "podbouncedirectives", "xdsconfigs"})
    out.push_back({"internal.gloo.solo.io", "v2", plural});
  return out;
}

Task<Result<size_t>> removeGenerated(io::World& world, client::ApiClient& remote) {
  size_t removed = 0;
  client::ListOptions options;
  options.label_selector = kGenerated;
  for (const client::Resource& resource : generatedKinds()) {
    auto listed = co_await remote.list(resource, "", options, world.clock().now() + kObjectTimeout);
    if (!listed && listed.error().code() == Code::kNotFound) continue;  // no such kind there
    if (!listed) co_return fail(listed.error().with(resource.name));
    for (const Doc& object : listed->items) {
      MESHKA_CO_CHECK(co_await removeObject(world, remote, resource,
                                            std::string(object["metadata"]["namespace"].text()),
                                            std::string(object["metadata"]["name"].text())));
      ++removed;
    }
  }
  co_return removed;
}

// What the agent found out about its cluster.
Task<Result<void>> removeDiscovered(io::World& world, client::ApiClient& remote, std::string ns) {
  for (const char* plural : {"meshes", "discoveredgateways", "certificaterequests"}) {
    const client::Resource resource{"internal.gloo.solo.io", "v2", plural};
    auto listed = co_await remote.list(resource, ns, {}, world.clock().now() + kObjectTimeout);
    if (!listed && listed.error().code() == Code::kNotFound) continue;
    if (!listed) co_return fail(listed.error().with(plural));
    for (const Doc& object : listed->items) {
      MESHKA_CO_CHECK(co_await removeObject(world, remote, resource, ns,
                                            std::string(object["metadata"]["name"].text())));
    }
  }
  co_return Result<void>();
}

// The copies of the relay's secrets. The management cluster itself may be registered: its server's
// secrets are not copies.
Task<Result<void>> removeCopiedSecrets(io::World& world, client::ApiClient& remote,
                                       std::string ns) {
  auto server = co_await remote.get(resources::deployments(), ns, std::string(kServerName),
                                    world.clock().now() + kObjectTimeout);
  if (server) co_return Result<void>();
  if (server.error().code() != Code::kNotFound) co_return fail(server.error());
  for (const std::string_view secret : {kTokenSecret, kRootTlsSecret}) {
    MESHKA_CO_CHECK(
        co_await removeObject(world, remote, resources::secrets(), ns, std::string(secret)));
  }
  co_return Result<void>();
}

}  // namespace

Task<Result<void>> removeAgent(io::World& world, client::ApiClient& remote, std::string ns) {
  AgentChart chart;
  chart.ns = ns;
  std::vector<Doc> objects = agentObjects(chart);
  for (auto it = objects.rbegin(); it != objects.rend(); ++it) {
    if ((*it)["kind"].text() == "Namespace") continue;
    MESHKA_CO_CHECK(co_await removeObject(world, remote, resources::ofObject(*it),
                                          std::string((*it)["metadata"]["namespace"].text()),
                                          std::string((*it)["metadata"]["name"].text())));
  }
  MESHKA_CO_CHECK(co_await waitForObject(
      world, remote, resources::deployments(), ns, std::string(kAgentName),
      [](doc::Value object) { return !object.exists(); }, world.clock().now() + kRemoveTimeout,
      cat("deployment \"", kAgentName, "\" is still there")));
  MESHKA_CO_CHECK(co_await removeObject(world, remote, resources::secrets(), ns,
                                        std::string(kClientTlsSecret)));
  co_return co_await removeDiscovered(world, remote, ns);
}

Task<Result<void>> deregisterCluster(io::World& world, client::ApiClient& mgmt,
                                     client::ApiClient& remote, DeregisterRequest request,
                                     Progress& progress) {
  MESHKA_CO_TRY(const std::string name, clusterNameOf(request.given_name));
  auto known = co_await mgmt.get(resources::kubernetesClusters(), request.ns, name,
                                 world.clock().now() + kObjectTimeout);
  if (!known && known.error().code() == Code::kNotFound) {
    co_return fail(Code::kNotFound, cat("cluster \"", name, "\" is not registered in namespace ",
                                        request.ns, "; meshctl cluster list shows which are"));
  }
  if (!known) co_return fail(known.error());
  const Stopwatch watch(world.clock());
  auto agent = co_await remote.get(resources::deployments(), request.ns, std::string(kAgentName),
                                   world.clock().now() + kObjectTimeout);
  if (!agent && agent.error().code() != Code::kNotFound) co_return fail(agent.error());
  const std::string other = agent ? registeredAs(*agent) : std::string();
  if (!other.empty() && other != name) {
    // Registered again under another name: agent and configuration belong to that one.
    MESHKA_CO_CHECK(
        co_await removeObject(world, mgmt, resources::kubernetesClusters(), request.ns, name));
    progress.done(
        cat("cluster ", name, " deregistered; the agent stays, it is registered as ", other),
        watch.elapsed());
    co_return Result<void>();
  }
  // First the agent: it would write again what goes.
  MESHKA_CO_CHECK(co_await removeAgent(world, remote, request.ns));
  MESHKA_CO_CHECK(co_await removeCopiedSecrets(world, remote, request.ns));
  progress.done("relay agent removed", watch.elapsed());
  MESHKA_CO_CHECK(
      co_await removeObject(world, mgmt, resources::kubernetesClusters(), request.ns, name));
  if (request.keep_config) {
    progress.step("generated configuration kept");
  } else {
    MESHKA_CO_TRY(const size_t removed, co_await removeGenerated(world, remote));
    progress.done(cat("generated configuration: ", removed, " objects removed"), watch.elapsed());
  }
  co_return Result<void>();
}

}  // namespace meshka::mgmt
