// A management plane in one process under virtual time: a server and agents, each with an API
// server in memory and a host of its own in a simulated network.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/test/test.h"
#include "client/fake_api_client.h"
#include "doc/json.h"
#include "mgmt/agent/agent.h"
#include "mgmt/server/server.h"
#include "sim/world.h"

namespace meshka::mgmt::test {

using client::FakeApiClient;
using client::Resource;
using doc::Doc;

inline Doc json(std::string_view text) {
  auto parsed = doc::parseJson(text);
  EXPECT_OK(parsed);
  return parsed ? *parsed : Doc();
}

inline Resource services() {
  return {"", "v1", "services"};
}
inline Resource deployments() {
  return {"apps", "v1", "deployments"};
}
inline Resource configMaps() {
  return {"", "v1", "configmaps"};
}
inline Resource secrets() {
  return {"", "v1", "secrets"};
}
inline Resource kubernetesClusters() {
  return {"admin.gloo.solo.io", "v2", "kubernetesclusters"};
}
inline Resource meshes() {
  return {"internal.gloo.solo.io", "v2", "meshes"};
}
inline Resource gateways() {
  return {"internal.gloo.solo.io", "v2", "discoveredgateways"};
}
inline Resource serviceEntries() {
  return {"networking.istio.io", "v1beta1", "serviceentries"};
}

// A store that outlives servers, as Redis does.
struct MemoryStore {
  std::map<std::string, StoredSnapshot> kept;
  bool broken = false;
};
class MemoryStoreClient final : public SnapshotStore {
 public:
  explicit MemoryStoreClient(MemoryStore& store) : store_(store) {}
  io::Task<Result<std::vector<StoredSnapshot>>> load(Instant) override {
    std::vector<StoredSnapshot> out;
    if (store_.broken) co_return fail(Code::kUnavailable, "connection refused");
    for (const auto& [name, snapshot] : store_.kept) out.push_back(snapshot);
    co_return out;
  }
  void changed(const std::string& cluster, const Snapshot& snapshot,
               const std::vector<Snapshot::Change>&, bool) override {
    store_.kept[cluster] = {cluster, snapshot.session(), snapshot.version(), snapshot.objects()};
  }
  void forget(const std::string& cluster) override { store_.kept.erase(cluster); }
  bool healthy() const override { return !store_.broken; }

 private:
  MemoryStore& store_;
};

class Plane {
 public:
  struct Workload {
    explicit Workload(Plane& p, std::string n, std::string address)
        : name(std::move(n)), network(p.sim.fabric.host(address)), api(p.sim.loop, p.sim.rng) {}
    std::string name;
    sim::SimNetwork& network;
    FakeApiClient api;
    std::unique_ptr<Agent> agent;
  };

  explicit Plane(uint64_t seed = 1) : sim(seed) { addDefinitions(mgmt); }

  // What the translation makes of its input, per test.
  Function<TranslateOutput(const TranslateInput&)> translation = [](const TranslateInput&) {
    return TranslateOutput();
  };
  RelayPolicy policy{.insecure = true};
  net::TlsServerOptions tls;
  bool shared_trust = true;
  UplinkConfig uplink{
      .server_host = "10.0.0.1", .authority = "gloo-mesh-mgmt-server.gloo-mesh", .insecure = true};

  void startServer() {
    ServerConfig config{.grpc_listen = {"10.0.0.1", 9900, false},
                        .health_listen = {"10.0.0.1", 8090, false},
                        .stats_listen = {"10.0.0.1", 9091, false},
                        .relay = policy,
                        .tls = tls,
                        .shared_trust = shared_trust};
    server = std::make_unique<Server>(
        sim.world(), mgmt, std::move(config),
        [this](const TranslateInput& input) { return translation(input); },
        std::make_unique<MemoryStoreClient>(store));
    EXPECT_OK(sim.loop.run(server->start()));
  }
  void stopServer() { server.reset(); }

  Workload& addCluster(const std::string& name) {
    const std::string address = cat("10.0.1.", workloads.size() + 1);
    auto& out = workloads[name];
    out = std::make_unique<Workload>(*this, name, address);
    addDefinitions(out->api);
    return *out;
  }
  void startAgent(Workload& w) {
    io::World world = {.loop = sim.loop,
                       .rng = sim.rng,
                       .network = w.network,
                       .disk = sim.disk,
                       .runtime = sim.runtime,
                       .log = sim.log};
    AgentConfig config{.uplink = uplink};
    config.uplink.cluster = w.name;
    config.uplink.given_name = w.name;
    config.grpc_listen = {w.network.address(), 9977, false};
    config.http_listen = {w.network.address(), 9988, false};
    config.stats_listen = {w.network.address(), 9091, false};
    w.agent = std::make_unique<Agent>(world, w.api, std::move(config), nullptr);
    EXPECT_OK(w.agent->start());
  }
  void registerCluster(const std::string& name) {
    make(
        mgmt, kubernetesClusters(), "gloo-mesh",
        cat(R"({"apiVersion":"admin.gloo.solo.io/v2","kind":"KubernetesCluster","metadata":{"name":")",
            name, R"("},"spec":{"clusterDomain":"cluster.local"}})"));
  }
  Doc make(FakeApiClient& api, const Resource& r, std::string ns, std::string_view text) {
    auto made = sim.loop.run(api.create(r, std::move(ns), json(text), kNever));
    EXPECT_OK(made);
    return made ? *made : Doc();
  }
  void change(FakeApiClient& api, const Resource& r, std::string ns, std::string name,
              std::string_view patch) {
    EXPECT_OK(sim.loop.run(api.patch(r, std::move(ns), std::move(name), client::PatchType::kMerge,
                                     json(patch), kNever)));
  }
  void remove(FakeApiClient& api, const Resource& r, std::string ns, std::string name) {
    EXPECT_OK(sim.loop.run(api.remove(r, std::move(ns), std::move(name), {}, kNever)));
  }
  void pass(Duration d) { sim.loop.advance(d); }
  Doc clusterStatus(const std::string& name) {
    return mgmt.find(kubernetesClusters(), "gloo-mesh", name)["status"].doc();
  }
  bool logged(std::string_view text) const {
    for (const std::string& line : sim.log.lines) {
      if (line.find(text) != line.npos) return true;
    }
    return false;
  }

  // The definitions that a registered cluster has.
  void addDefinitions(FakeApiClient& api) {
    for (const auto& [group, kind, plural] :
         std::initializer_list<std::tuple<const char*, const char*, const char*>>{
             {"admin.gloo.solo.io", "KubernetesCluster", "kubernetesclusters"},
             {"admin.gloo.solo.io", "Workspace", "workspaces"},
             {"admin.gloo.solo.io", "WorkspaceSettings", "workspacesettings"},
             {"internal.gloo.solo.io", "Mesh", "meshes"},
             {"internal.gloo.solo.io", "DiscoveredGateway", "discoveredgateways"},
             {"internal.gloo.solo.io", "IssuedCertificate", "issuedcertificates"},
             {"internal.gloo.solo.io", "CertificateRequest", "certificaterequests"}})
      define(api, group, "v2", kind, plural);
  }
  void define(FakeApiClient& api, std::string_view group, std::string_view version,
              std::string_view kind, std::string_view plural) {
    make(api, {"apiextensions.k8s.io", "v1", "customresourcedefinitions"}, "",
         cat(R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
           "metadata":{"name":")",
             plural, ".", group, R"("},"spec":{"group":")", group, R"(","names":{"kind":")", kind,
             R"(","plural":")", plural, R"("},"versions":[{"name":")", version,
             R"(","served":true,"storage":true}]},
           "status":{"conditions":[{"type":"Established","status":"True"}]}})"));
  }

  sim::SimWorld sim;
  FakeApiClient mgmt{sim.loop, sim.rng};
  MemoryStore store;
  std::map<std::string, std::unique_ptr<Workload>> workloads;
  std::unique_ptr<Server> server;
};

}  // namespace meshka::mgmt::test
