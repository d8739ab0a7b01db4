#include "mgmt/server/server.h"

#include "base/strings.h"
#include "base/version.h"
#include "mgmt/limits.h"
#include "mgmt/translate/translate.h"

namespace meshka::mgmt {

using client::ObjectKey;
using doc::Doc;
using doc::Draft;
using io::Task;

namespace {

constexpr std::string_view kMeshes = "meshes.internal.gloo.solo.io";
constexpr const char* kCopyReconciler = "mesh-copy";

bool wantedInAdmin(std::string_view group, std::string_view) {
  return group.ends_with(".gloo.solo.io");
}

}  // namespace

// /ready, /live and /metrics, on both small listeners.
class Server::Pages final : public net::Handler {
 public:
  explicit Pages(const Server& server) : server_(server) {}
  Task<void> serve(net::ServerRequest& request, net::ResponseWriter& response) override {
    if (request.path == "/metrics") {
      net::respond(response, 200, "text/plain; version=0.0.4", server_.metrics());
    } else if (request.path == "/ready") {
      const std::string why = server_.notReady();
      net::respond(response, why.empty() ? 200 : 503, "text/plain",
                   why.empty() ? "ready\n" : cat(why, "\n"));
    } else if (request.path == "/live" || request.path == "/healthz") {
      net::respond(response, 200, "text/plain", "ok\n");
    } else {
      net::respond(response, 404, "text/plain", "there are /ready, /live and /metrics\n");
    }
    co_return;
  }

 private:
  const Server& server_;
};

Server::Server(io::World world, client::ApiClient& client, ServerConfig config,
               Translation translation, std::unique_ptr<SnapshotStore> store)
    : world_(world),
      client_(client),
      config_(std::move(config)),
      kinds_(world, client, {}, wantedInAdmin),
      clusters_(world, kinds_, config_.ns, *this),
      statuses_(world, client, kinds_),
      copies_(world, client, kinds_, kCopyReconciler, {}),
      brain_(world, kinds_, clusters_, statuses_, config_.ns, std::move(translation)),
      trust_(world, client, {config_.ns, config_.shared_trust}, [this] { brain_.changed(); }),
      store_(std::move(store)),
      relay_(world, clusters_, config_.relay, *this),
      grpc_(net::newGrpcHandler(world.loop, relay_, nullptr, kMaxRelayMessage)),
      pages_(std::make_unique<Pages>(*this)),
      gate_timer_(world.loop, [this] { openGate("waited long enough"); }),
      copy_timer_(world.loop, [this] { copyMeshes(); }) {
  kinds_.addHandler(*this);
  brain_.addSource(trust_);
}

// Streams report their end to us: they go first.
Server::~Server() {
  closing_ = true;
  listener_.reset();
  tls_server_.reset();
  plain_server_.reset();
  page_server_.reset();
}

// Of clusters that are registered: a new installation does not wait for a store that comes up with
// it.
Task<void> Server::loadSnapshots() {
  const Instant deadline = world_.clock().now() + kRedisLoadTimeout;
  const auto registered = co_await client_.list({"admin.gloo.solo.io", "v2", "kubernetesclusters"},
                                                config_.ns, {}, deadline);
  if (registered && registered->items.empty()) co_return;
  if (!registered && registered.error().code() == Code::kNotFound) co_return;
  auto loaded = co_await store_->load(deadline);
  if (!loaded) {
    world_.log.warn("no kept snapshots: starting cold", {{"error", loaded.error().message()}});
    co_return;
  }
  for (StoredSnapshot& s : *loaded) stored_.emplace(canonicalClusterName(s.cluster), std::move(s));
}

Task<Result<void>> Server::start() {
  if (store_ != nullptr) co_await loadSnapshots();
  if (!config_.tls.certificate_pem.empty()) {
    MESHKA_CO_TRY(auto tls, net::TlsServerConfig::create(world_.loop, config_.tls));
    tls_server_ = std::make_unique<net::HttpServer>(
        world_.loop, *grpc_,
        net::ServerOptions{.tls = std::move(tls), .http1 = false, .log = &world_.log});
  }
  if (config_.relay.insecure) {
    plain_server_ = std::make_unique<net::HttpServer>(
        world_.loop, *grpc_, net::ServerOptions{.http1 = false, .log = &world_.log});
  } else if (tls_server_ == nullptr) {
    co_return fail(Code::kInvalid,
                   "without --insecure a server certificate is needed: "
                   "--server-tls");
  }
  page_server_ = std::make_unique<net::HttpServer>(world_.loop, *pages_,
                                                   net::ServerOptions{.log = &world_.log});
  kinds_.start();
  listener_ = std::make_unique<RelayListener>(world_, tls_server_.get(), plain_server_.get());
  MESHKA_CO_TRY(grpc_endpoint_, listener_->listen(config_.grpc_listen));
  MESHKA_CO_TRY(health_endpoint_, page_server_->listen(world_.network, config_.health_listen));
  MESHKA_CO_TRY(stats_endpoint_, page_server_->listen(world_.network, config_.stats_listen));
  co_return Result<void>();
}

void Server::onSynced() {
  for (const auto& [name, cluster] : clusters_.all()) {
    if (!cluster->warm) cold_.insert(name);
  }
  for (const auto& [name, snapshot] : stored_) {
    world_.log.info("a kept snapshot of no registered cluster is dropped", {{"cluster", name}});
    store_->forget(snapshot.cluster);
  }
  stored_.clear();
  if (cold_.empty()) return openGate("no cluster was registered before");
  gate_timer_.armAfter(kWarmGrace);
  world_.log.info("writing nothing until the registered clusters are warm",
                  {{"clusters", cat(cold_.size())}});
  brain_.start();
}

void Server::openGate(std::string_view why) {
  if (std::exchange(gate_open_, true)) return;
  gate_timer_.cancel();
  world_.log.info("outputs are written from now on", {{"because", why}});
  brain_.start();
  brain_.changed();
  copyMeshes();
}

bool Server::mayWrite(const ClusterState& cluster) const {
  return gate_open_ && cluster.warm;
}

void Server::onClusterChanged(ClusterState& cluster) {
  const auto kept = stored_.find(canonicalClusterName(cluster.name));
  if (kept != stored_.end() && !cluster.usable()) {
    cluster.snapshot.restore(kept->second.session, kept->second.version,
                             std::move(kept->second.objects));
    cluster.restored = true;
    stored_.erase(kept);
    world_.log.info("snapshot restored",
                    {{"cluster", cluster.name}, {"objects", cat(cluster.snapshot.size())}});
  }
  writeClusterStatus(cluster);
  brain_.changed();
}

void Server::onClusterGone(ClusterState& cluster) {
  if (store_ != nullptr) store_->forget(cluster.name);
  statuses_.forget(std::string(kKubernetesClusters), {config_.ns, cluster.name});
  cold_.erase(canonicalClusterName(cluster.name));
  if (kinds_.hasSynced() && cold_.empty()) openGate("all clusters are warm");
  copy_timer_.armAfter(kTranslateDelay);
  brain_.changed();
}

void Server::onStream(ClusterState& cluster) {
  if (closing_) return;
  writeClusterStatus(cluster);
  if (cluster.warm && cold_.erase(canonicalClusterName(cluster.name)) > 0 && cold_.empty())
    openGate("all clusters are warm");
  brain_.changed();
}

void Server::onSnapshot(ClusterState& cluster, const std::vector<Snapshot::Change>& changes,
                        bool whole) {
  if (store_ != nullptr) store_->changed(cluster.name, cluster.snapshot, changes, whole);
  if (changes.empty()) return;
  copy_timer_.armAfter(kTranslateDelay);
  brain_.changed();
}

void Server::onResults(ClusterState&) {
  brain_.changed();
}

void Server::onObject(const LiveKind&, const ObjectKey&, const Doc& before, const Doc& after) {
  // What changes by our own hand (status, copies) changes no input.
  if (before.exists() && after.exists() && before["spec"] == after["spec"] &&
      before["metadata"]["labels"] == after["metadata"]["labels"] &&
      before["metadata"]["annotations"] == after["metadata"]["annotations"])
    return;
  brain_.changed();
}

void Server::writeClusterStatus(const ClusterState& cluster) {
  const Doc* object = kinds_.get(kKubernetesClusters, {config_.ns, cluster.name});
  Draft generic = Draft::object();
  if (object != nullptr) generic["observedGeneration"] = object->value()["metadata"]["generation"];
  const bool connected = cluster.push_stream != 0;
  generic["state"] = connected && cluster.warm ? "ACCEPTED" : connected ? "PENDING" : "WARNING";
  std::string message;
  if (connected && cluster.warm) {
    message = cat("agent ", cluster.agent_version, " is connected");
  } else if (connected) {
    message = "agent is connected and sends its first snapshot";
  } else if (cluster.agent_version.empty()) {
    message = "no agent has connected yet";
  } else {
    message = "the agent's connection is lost; its outputs stay as they are";
  }
  generic["message"] = message;
  statuses_.set(std::string(kKubernetesClusters), {config_.ns, cluster.name},
                Draft::object({{"generic", std::move(generic)},
                               {"connected", connected},
                               {"agentVersion", cluster.agent_version}})
                    .finish());
}

// `kubectl get mesh` on the management cluster shows the meshes of all clusters.
void Server::copyMeshes() {
  if (!gate_open_) return;
  std::vector<Doc> copies;
  for (const auto& [canonical, cluster] : clusters_.all()) {
    const auto meshes = cluster->snapshot.objects().find(std::string(kMeshes));
    if (meshes == cluster->snapshot.objects().end()) continue;
    for (const auto& [key, mesh] : meshes->second) {
      Draft copy = Draft::object({{"apiVersion", mesh["apiVersion"]}, {"kind", mesh["kind"]}});
      Draft labels = outputLabels(cluster->name, config_.ns, kCopyReconciler);
      copy["metadata"] = Draft::object(
          {{"name", key.name}, {"namespace", config_.ns}, {"labels", std::move(labels)}});
      copy["spec"] = Draft(mesh["spec"]);
      copies.push_back(copy.finish());
    }
  }
  copies_.replaceAll(copies);
}

std::string Server::notReady() const {
  if (kinds_.hasSynced()) return {};
  return cat("reading the management cluster: ", kinds_.notSynced());
}

std::string Server::metrics() const {
  std::string out;
  const auto family = [&](std::string_view name, std::string_view type, std::string_view help) {
    out += cat("# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n");
  };
  const auto perCluster = [&](std::string_view name, std::string_view help,
                              size_t (*value)(const ClusterState&)) {
    family(name, "gauge", help);
    for (const auto& [canonical, cluster] : clusters_.all())
      out += cat(name, "{cluster=\"", cluster->name, "\"} ", value(*cluster), "\n");
  };
  const auto one = [&](std::string_view name, std::string_view type, std::string_view help,
                       uint64_t value) {
    family(name, type, help);
    out += cat(name, " ", value, "\n");
  };
  perCluster("relay_push_clients_connected", "Agents whose push stream is open.",
             [](const ClusterState& c) { return size_t{c.push_stream != 0}; });
  perCluster("relay_pull_clients_connected", "Agents whose pull stream is open.",
             [](const ClusterState& c) { return size_t{c.pull_stream != 0}; });
  perCluster("relay_push_clients_warmed", "Agents that have sent a whole snapshot.",
             [](const ClusterState& c) { return size_t{c.warm && c.push_stream != 0}; });
  perCluster("gloo_mesh_snapshot_objects", "Objects in the snapshot of a cluster.",
             [](const ClusterState& c) { return c.snapshot.size(); });
  perCluster("gloo_mesh_outputs", "Objects that a cluster should have.",
             [](const ClusterState& c) { return c.outputs.size(); });
  perCluster("gloo_mesh_outputs_failed", "Objects that an agent could not apply.",
             [](const ClusterState& c) { return c.failures.size(); });
  one("relay_unregistered_agents", "gauge", "Streams of clusters without a KubernetesCluster.",
      relay_.waiting());
  one("relay_bootstraps_total", "counter", "Client certificates signed.", relay_.bootstraps());
  one("relay_bootstraps_refused_total", "counter", "Bootstraps refused.",
      relay_.refusedBootstraps());
  one("relay_connections_refused_total", "counter", "Connections refused before a stream.",
      listener_ == nullptr ? 0 : listener_->refused());
  one("gloo_mesh_translations_total", "counter", "Translations made.", brain_.translations());
  one("gloo_mesh_redis_sync_err", "gauge", "1 while snapshots cannot be kept.",
      store_ != nullptr && !store_->healthy() ? 1 : 0);
  return out;
}

}  // namespace meshka::mgmt
