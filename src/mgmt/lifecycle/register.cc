#include "mgmt/lifecycle/register.h"

#include "base/strings.h"
#include "io/network.h"
#include "mgmt/chart/chart.h"
#include "mgmt/lifecycle/agent_objects.h"
#include "mgmt/lifecycle/apply.h"
#include "mgmt/lifecycle/limits.h"
#include "mgmt/lifecycle/relay_secrets.h"
#include "mgmt/lifecycle/resources.h"
#include "mgmt/lifecycle/wait.h"

namespace meshka::mgmt {

using doc::Doc;
using doc::Value;
using io::Task;

namespace {

// What the management cluster says about its server.
struct Server {
  bool insecure = false;
  std::string version;
};

Task<Result<Server>> findServer(io::World& world, client::ApiClient& mgmt, std::string ns) {
  auto found = co_await mgmt.get(resources::deployments(), ns, std::string(kServerName),
                                 world.clock().now() + kObjectTimeout);
  if (!found && found.error().code() == Code::kNotFound) {
    co_return fail(Code::kNotFound, cat("no management server in namespace ", ns,
                                        " of the management cluster; run meshctl install first"));
  }
  if (!found) co_return fail(found.error());
  Server out;
  out.version = (*found)["metadata"]["labels"]["app.kubernetes.io/version"].text();
  const Value container = (*found)["spec"]["template"]["spec"]["containers"][size_t{0}];
  for (const Value arg : container["args"].elements()) {
    if (arg.text() == "--insecure" || arg.text() == "--insecure=true") out.insecure = true;
  }
  for (const Value variable : container["env"].elements()) {
    if (variable["name"].text() == "INSECURE" && variable["value"].text() == "true")
      out.insecure = true;
  }
  co_return out;
}

Task<Result<std::string>> findRelayAddress(io::World& world, client::ApiClient& mgmt,
                                           std::string ns, Progress& progress) {
  MESHKA_CO_TRY(const Doc service,
                co_await mgmt.get(resources::services(), ns, std::string(kServerName),
                                  world.clock().now() + kObjectTimeout));
  const std::string address = addressOf(service);
  int64_t port = 0;
  for (const Value p : service["spec"]["ports"].elements())
    if (p["name"].text() == "grpc") port = p["port"].integer();
  if (address.empty() || port == 0) {
    co_return fail(Code::kNotFound,
                   cat("service \"", kServerName, "\" in namespace ", ns,
                       " has no external address; give one by --relay-server-address HOST:PORT"));
  }
  const std::string out = cat(address, ":", port);
  progress.step(cat("Dynamically found relay address: ", out));
  co_return out;
}

// A hint only: what answers here may not answer there, and the other way round. Gives why it does
// not answer, or "".
Task<std::string> tryAddress(io::World& world, RelayAddress address, Progress& progress) {
  const io::Endpoint endpoint{address.host, address.port, false};
  // A name is the agent's to resolve.
  if (!io::Endpoint::parse(endpoint.toString())) co_return std::string();
  auto stream =
      co_await world.network.connect(endpoint, world.clock().now() + kDialTimeoutFromHere);
  if (stream) co_return std::string();
  const std::string why = cat("relay address ", endpoint.toString(), " does not answer from here (",
                              stream.error().message(), ")");
  progress.warn(cat(why, "; the agent tries from its cluster"));
  co_return why;
}

Task<std::string> clusterUid(io::World& world, client::ApiClient& api) {
  auto found = co_await api.get(resources::namespaces(), "", "kube-system",
                                world.clock().now() + kObjectTimeout);
  co_return found ? std::string((*found)["metadata"]["uid"].text()) : std::string();
}

constexpr std::string_view kClusterUid = "meshka.dev/cluster-uid";

// Says what the new registration takes the place of; false when it is the first.
Task<Result<bool>> lookBefore(io::World& world, client::ApiClient& mgmt, client::ApiClient& remote,
                              const AgentChart& chart, std::string uid, Progress& progress) {
  auto known = co_await mgmt.get(resources::kubernetesClusters(), chart.ns, chart.cluster,
                                 world.clock().now() + kObjectTimeout);
  if (!known && known.error().code() != Code::kNotFound) co_return fail(known.error());
  if (known) {
    const auto before = (*known)["metadata"]["annotations"][kClusterUid].text();
    if (!before.empty() && !uid.empty() && before != uid)
      progress.warn(cat("cluster ", chart.cluster,
                        " was registered for another cluster before; from now on it is this one"));
  }
  auto agent = co_await remote.get(resources::deployments(), chart.ns, std::string(kAgentName),
                                   world.clock().now() + kObjectTimeout);
  if (!agent && agent.error().code() != Code::kNotFound) co_return fail(agent.error());
  if (!agent) co_return known.has_value();
  const std::string name = registeredAs(*agent);
  if (!name.empty() && name != chart.cluster)
    progress.warn(cat("this cluster was registered as ", name, "; the name is ", chart.cluster,
                      " now, and meshctl cluster deregister ", name, " removes the old one"));
  co_return true;
}

bool isConnected(Value cluster) {
  return cluster["status"]["connected"].boolean() &&
         cluster["status"]["generic"]["state"].text() == "ACCEPTED";
}

// What both sides and the address itself say about an agent that is not connected.
Task<Error> whyNotConnected(io::World& world, client::ApiClient& mgmt, client::ApiClient& remote,
                            const AgentChart& chart, std::string from_here) {
  std::string why;
  auto cluster = co_await mgmt.get(resources::kubernetesClusters(), chart.ns, chart.cluster,
                                   world.clock().now() + kObjectTimeout);
  if (cluster) why = (*cluster)["status"]["generic"]["message"].text();
  if (why.empty()) why = "the management server has not said anything about it";
  const std::string pod = co_await whyNotReady(world, remote, chart.ns, std::string(kAgentName));
  if (!pod.empty()) why += cat("; ", pod);
  if (!from_here.empty()) why += cat("; ", from_here);
  co_return Error(
      Code::kTimeout,
      cat("cluster \"", chart.cluster, "\": the agent did not connect to ", chart.relay_address,
          " within ", toString(kRegisterTimeout), ": ", why, "; is --relay-server-address right?"));
}

Task<Result<void>> waitUntilConnected(io::World& world, client::ApiClient& mgmt,
                                      client::ApiClient& remote, const AgentChart& chart,
                                      Instant deadline, Progress& progress) {
  const Stopwatch watch(world.clock());
  auto ready = co_await waitForDeployments(world, remote, chart.ns, {std::string(kAgentName)},
                                           deadline, progress);
  if (!ready) co_return ready;
  auto connected = co_await waitForObject(world, mgmt, resources::kubernetesClusters(), chart.ns,
                                          chart.cluster, &isConnected, deadline, "");
  if (!connected) co_return fail(connected.error());
  progress.done(cat("agent of cluster ", chart.cluster, " connected"), watch.elapsed());
  co_return Result<void>();
}

// With TLS: trust, token, and after the agent has its certificate no token any more.
Task<Result<void>> waitForCertificate(io::World& world, client::ApiClient& remote, std::string ns,
                                      bool remove_token, Instant deadline, Progress& progress) {
  const Stopwatch watch(world.clock());
  MESHKA_CO_CHECK(co_await waitForObject(
      world, remote, resources::secrets(), ns, std::string(kClientTlsSecret),
      [](Value secret) { return !secret["data"]["tls.crt"].text().empty(); }, deadline, ""));
  progress.done("client certificate of the agent", watch.elapsed());
  if (remove_token) {
    MESHKA_CO_CHECK(
        co_await removeObject(world, remote, resources::secrets(), ns, std::string(kTokenSecret)));
    progress.step("bootstrap token removed");
  }
  co_return Result<void>();
}

Task<Result<void>> writeCluster(io::World& world, client::ApiClient& mgmt, const AgentChart& chart,
                                std::string domain, std::string uid) {
  doc::Draft cluster(kubernetesCluster(chart, domain));
  if (!uid.empty()) cluster["metadata"]["annotations"][kClusterUid] = uid;
  std::vector<Doc> one = {cluster.finish()};
  auto applied = co_await applyAll(world, mgmt, std::move(one), Existing::kUpdate);
  if (!applied) co_return fail(applied.error());
  co_return Result<void>();
}

// What a registration wrote that may have to go again.
struct Written {
  CopiedSecrets secrets;
  bool cluster = false;  // and what comes after it: the agent
};

Task<Result<void>> write(io::World& world, client::ApiClient& mgmt, client::ApiClient& remote,
                         const AgentChart& chart, const std::string& domain, std::string uid,
                         Written& written, Progress& progress) {
  std::vector<Doc> objects = agentObjects(chart);
  MESHKA_CO_CHECK(co_await ensureNamespace(world, remote, objects.front()));
  objects.erase(objects.begin());
  const Stopwatch crds_watch(world.clock());
  MESHKA_CO_TRY(const WriteCount crds, co_await applyCrds(world, remote));
  progress.done(cat("custom resource definitions: ", crds.created + crds.updated),
                crds_watch.elapsed());
  if (!chart.insecure) {
    const Stopwatch watch(world.clock());
    MESHKA_CO_TRY(written.secrets, co_await copyRelaySecrets(world, mgmt, remote, chart.ns));
    progress.done("root certificate and bootstrap token copied", watch.elapsed());
  }
  // Before the agent, which is let in only under a known name.
  written.cluster = true;
  MESHKA_CO_CHECK(co_await writeCluster(world, mgmt, chart, domain, uid));
  const Stopwatch agent_watch(world.clock());
  const Doc workload = objects.back();
  objects.pop_back();
  MESHKA_CO_CHECK(co_await applyAll(world, remote, std::move(objects), Existing::kUpdate));
  std::vector<Doc> last = {workload};
  MESHKA_CO_CHECK(co_await applyAll(world, remote, std::move(last), Existing::kUpdate));
  progress.done("relay agent installed", agent_watch.elapsed());
  co_return Result<void>();
}

Task<Result<void>> waitForAgent(io::World& world, client::ApiClient& mgmt,
                                client::ApiClient& remote, const AgentChart& chart,
                                bool remove_token, const std::string& from_here,
                                Progress& progress) {
  const Instant connect_by = world.clock().now() + kRegisterTimeout;
  Result<void> done;
  if (!chart.insecure) {
    done = co_await waitForCertificate(world, remote, chart.ns, remove_token, connect_by, progress);
  }
  if (done) done = co_await waitUntilConnected(world, mgmt, remote, chart, connect_by, progress);
  if (!done && done.error().code() == Code::kTimeout)
    co_return fail(co_await whyNotConnected(world, mgmt, remote, chart, from_here));
  co_return done;
}

// All but the namespace and the kinds, which others may use by now.
Task<Result<void>> takeBack(io::World& world, client::ApiClient& mgmt, client::ApiClient& remote,
                            const AgentChart& chart, Written written) {
  MESHKA_CO_CHECK(co_await removeAgent(world, remote, chart.ns));
  MESHKA_CO_CHECK(
      co_await removeObject(world, mgmt, resources::kubernetesClusters(), chart.ns, chart.cluster));
  if (written.secrets.token_created) {
    MESHKA_CO_CHECK(co_await removeObject(world, remote, resources::secrets(), chart.ns,
                                          std::string(kTokenSecret)));
  }
  if (written.secrets.root_created) {
    MESHKA_CO_CHECK(co_await removeObject(world, remote, resources::secrets(), chart.ns,
                                          std::string(kRootTlsSecret)));
  }
  co_return Result<void>();
}

}  // namespace

Task<Result<void>> registerCluster(io::World& world, client::ApiClient& mgmt,
                                   client::ApiClient& remote, RegisterRequest request,
                                   Progress& progress) {
  AgentChart chart;
  MESHKA_CO_TRY(chart.cluster, clusterNameOf(request.given_name));
  if (!request.relay_address.empty()) MESHKA_CO_CHECK(parseRelayAddress(request.relay_address));
  MESHKA_CO_TRY(const Server server, co_await findServer(world, mgmt, request.ns));
  chart.ns = request.ns;
  chart.given_name = request.given_name;
  chart.version = request.version.empty() ? server.version : request.version;
  chart.insecure = server.insecure || request.insecure;
  chart.relay_address = request.relay_address;
  if (chart.relay_address.empty()) {
    MESHKA_CO_TRY(chart.relay_address,
                  co_await findRelayAddress(world, mgmt, request.ns, progress));
  }
  MESHKA_CO_TRY(const RelayAddress address, parseRelayAddress(chart.relay_address));
  progress.step(cat("Registering cluster ", chart.cluster,
                    chart.cluster == chart.given_name ? std::string()
                                                      : cat(" (typed \"", chart.given_name, "\")"),
                    ", relay ", chart.relay_address,
                    chart.insecure ? " without TLS" : " with TLS"));
  const std::string from_here = co_await tryAddress(world, address, progress);
  const std::string uid = co_await clusterUid(world, remote);
  MESHKA_CO_TRY(const bool again, co_await lookBefore(world, mgmt, remote, chart, uid, progress));

  Written written;
  Result<void> done =
      co_await write(world, mgmt, remote, chart, request.cluster_domain, uid, written, progress);
  if (done) {
    done = co_await waitForAgent(world, mgmt, remote, chart, written.secrets.token_created,
                                 from_here, progress);
  }
  if (done || again || !written.cluster) co_return done;
  const Result<void> back = co_await takeBack(world, mgmt, remote, chart, written);
  if (!back) progress.warn(cat("what was registered is still there: ", back.error().message()));
  const Error& why = done.error();
  co_return fail(why.code(), cat(why.message(), back ? "; the agent was removed again" : ""));
}

std::string registeredAs(Value agent) {
  constexpr std::string_view kFlag = "--cluster=";
  for (const Value arg :
       agent["spec"]["template"]["spec"]["containers"][size_t{0}]["args"].elements()) {
    if (arg.text().starts_with(kFlag)) return std::string(arg.text().substr(kFlag.size()));
  }
  return {};
}

Task<Result<std::vector<Registered>>> registeredClusters(io::World& world, client::ApiClient& mgmt,
                                                         std::string ns) {
  auto listed = co_await mgmt.list(resources::kubernetesClusters(), ns, {},
                                   world.clock().now() + kObjectTimeout);
  if (!listed && listed.error().code() == Code::kNotFound) {
    co_return fail(Code::kNotFound,
                   "the management plane is not installed in this cluster; run "
                   "meshctl install first");
  }
  if (!listed) co_return fail(listed.error());
  std::vector<Registered> out;
  for (const Doc& cluster : listed->items) {
    const Value meta = cluster["metadata"];
    const Value status = cluster["status"];
    const std::string name(meta["name"].text());
    out.push_back({.name = name,
                   .ns = std::string(meta["namespace"].text()),
                   .given_name = std::string(meta["annotations"][kAliasAnnotation].text(name)),
                   .state = isConnected(cluster)            ? "connected"
                            : status["connected"].boolean() ? "connecting"
                                                            : "not connected",
                   .message = std::string(status["generic"]["message"].text()),
                   .created = std::string(meta["creationTimestamp"].text())});
  }
  co_return out;
}

}  // namespace meshka::mgmt
