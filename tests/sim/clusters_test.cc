// A host cluster and two virtual clusters in one simulated world: real API servers, controllers,
// scheduler, node agent and syncers; the container runtime, network, disk and time are simulated.
// Pods of both virtual clusters become Running through the host in spite of faults, and the same
// seed gives the same history.
#include <map>
#include <set>

#include "apiserver/bootstrap.h"
#include "apiserver/cluster.h"
#include "base/test/test.h"
#include "bin/virtual_cluster.h"
#include "client/http_api_client.h"
#include "control/register.h"
#include "doc/json.h"
#include "doc/yaml.h"
#include "node/agent.h"
#include "node/cri/fake_cri.h"
#include "node/volumes/fake_volume_host.h"
#include "sim/world.h"
#include "vcluster/lifecycle/resources.h"

namespace meshka::bin {
namespace {

constexpr const char* kHostAddress = "100.64.77.2";
const client::Resource kDeployments = {"apps", "v1", "deployments"};

doc::Doc json(std::string_view text) {
  auto parsed = doc::parseJson(text);
  EXPECT_OK(parsed);
  return parsed ? *parsed : doc::Doc();
}

// What happens to pods, with the time: two runs are the same when these lines are.
class History final : public client::CollectionHandler {
 public:
  History(sim::SimLoop& loop, std::string cluster) : loop_(loop), cluster_(std::move(cluster)) {}
  void onChange(const client::ObjectKey& key, const doc::Doc&, const doc::Doc& pod) override {
    const std::string line = cat(cluster_, " ", key.ns, "/", key.name, " ",
                                 pod.exists() ? pod["status"]["phase"].text("new") : "gone",
                                 " restarts ", restarts(pod));
    if (std::exchange(last_[key.name], line) == line) return;
    lines.push_back(cat((loop_.clock().now() - Instant{}).ms(), " ms ", line));
  }
  static int64_t restarts(doc::Value pod) {
    int64_t sum = 0;
    for (const doc::Value status : pod["status"]["containerStatuses"].elements())
      sum += status["restartCount"].integer();
    return sum;
  }
  std::vector<std::string> lines;

 private:
  sim::SimLoop& loop_;
  std::string cluster_;
  std::map<std::string, std::string> last_;
};

// One virtual cluster: its control plane in a host of its own in the network, and a client that
// knows it by the kubeconfig in its Secret.
struct Virtual {
  std::string name;
  io::World world;
  std::unique_ptr<VirtualCluster> cluster;
  std::unique_ptr<client::ApiClient> client;
};

struct Simulation {
  explicit Simulation(uint64_t seed)
      : s(seed), world(worldAt(kHostAddress)), cri(s.loop), history(s.loop, "host") {
    cri.addImage("docker.io/library/app:1");
    s.runtime.onRun("nft", [](const io::ProcessSpec&, Duration& took) {
      took = millis(5);
      return io::ProcessResult();
    });
  }
  ~Simulation() {
    virtuals.clear();
    pods.reset();
    agent.reset();
    controllers.reset();
  }

  io::World worldAt(const std::string& address) {
    return {.loop = s.loop,
            .rng = s.rng,
            .network = s.fabric.host(address),
            .disk = s.disk,
            .runtime = s.runtime,
            .log = s.log};
  }

  bool startHost() {
    apiserver::ClusterOptions options;
    options.data_dir = "/host";
    options.listen = {kHostAddress, 6443};
    options.config.advertise = options.listen;
    options.emulation = *api::parseEmulation("1.37");
    auto started = s.loop.tryRun(apiserver::Cluster::start(world, std::move(options)));
    if (!started || !*started) return false;
    host = std::move(**started);
    admin = host->api().localClient(apiserver::bootstrapUser());
    controllers = std::make_unique<control::Controllers>(
        world, *admin, control::Options{.scheduler = true, .ca_pem = host->identity().caPem()});
    node::NodeConfig config;
    config.node_name = "node-1";
    config.host_ip = kHostAddress;
    config.data_dir = "/data";
    config.log_dir = "/logs";
    config.cluster_dns = "10.96.0.10";
    config.cpus = 2;
    config.memory_bytes = 8LL << 30;
    config.network = {.node_name = "node-1",
                      .pod_cidr = "10.244.0.0/16",
                      .service_cidr = "10.96.0.0/16",
                      .lb_cidr = "198.18.0.0/20",
                      .node_ips = {kHostAddress}};
    agent = std::make_unique<node::NodeAgent>(world, *admin, cri, volumes, std::move(config));
    agent->start();
    pods = client::makeCollection(s.loop, s.rng, s.log, *admin, vcluster::pods());
    pods->addHandler(history);
    return s.loop.runUntil([&] { return agent->ready() && controllers->hasSynced(); }, minutes(1));
  }

  // What `vcluster create` makes, as far as the control plane needs it, and the control plane.
  bool startVirtual(const std::string& name, const std::string& address) {
    make(*admin, vcluster::namespaces(), "", cat(R"({"metadata":{"name":")", name, R"("}})"));
    make(*admin, vcluster::serviceAccounts(), name,
         cat(R"({"metadata":{"name":"vc-workload-)", name, R"("}})"));
    make(*admin, vcluster::services(), name,
         cat(R"({"metadata":{"name":")", name,
             R"("},"spec":{"ports":[{"name":"https","port":443,"targetPort":8443}]}})"));
    Virtual one{.name = name, .world = worldAt(address)};
    VirtualClusterOptions options;
    options.tenant = {name, name};
    options.data_directory = "/" + name;
    options.kubernetes_version = "1.22";
    options.listen = {address, 8443};
    options.dns_listen = {address, 1053};
    options.own_ip = address;
    options.syncer.cluster_domain = "cluster.local";
    const auto config = host->adminKubeconfig("host");
    EXPECT_OK(config);
    auto credentials = credentialsOf(*config, "");
    if (!credentials) return false;
    one.cluster = std::make_unique<VirtualCluster>(one.world, std::move(options), *credentials);
    const auto started = s.loop.tryRun(one.cluster->start(), minutes(2));
    if (!started || !*started) {
      if (started) EXPECT_OK(*started);
      return false;
    }
    const auto secret =
        s.loop.run(admin->get(vcluster::secrets(), name, "vc-" + name, s.in(minutes(1))));
    EXPECT_OK(secret);
    const auto text = base64Decode((*secret)["data"]["config"].text());
    credentials = credentialsOf(text.value_or(""), cat("https://", address, ":8443"));
    if (!credentials) return false;
    auto client = client::newHttpApiClient(world, *credentials);
    EXPECT_OK(client);
    one.client = std::move(*client);
    virtuals.push_back(std::move(one));
    return true;
  }

  std::optional<client::Credentials> credentialsOf(const std::string& kubeconfig,
                                                   std::string server) {
    EXPECT_OK(s.loop.run(s.disk.makeDirectories("/kube")));
    EXPECT_OK(s.loop.run(s.disk.writeFileAtomic("/kube/config", kubeconfig, 0600)));
    const auto config = s.loop.run(client::loadKubeConfig(s.disk, {"/kube/config"}));
    EXPECT_OK(config);
    const auto context = config->context("");
    EXPECT_OK(context);
    if (!context) return std::nullopt;
    auto credentials = s.loop.run(client::readCredentials(s.disk, *context));
    EXPECT_OK(credentials);
    if (!credentials) return std::nullopt;
    if (!server.empty()) credentials->server = std::move(server);
    return *credentials;
  }

  void make(client::ApiClient& api, const client::Resource& resource, std::string ns,
            std::string_view text) {
    for (int attempt = 0; attempt < 20; ++attempt) {  // the faults hit the test's own calls too
      const auto made = s.loop.run(api.create(resource, ns, json(text), s.in(minutes(1))));
      if (made || made.error().code() == Code::kAlreadyExists) return;
      if (made.error().code() != Code::kUnavailable) return EXPECT_OK(made);
    }
    EXPECT_TRUE(false);
  }

  void deploy(Virtual& to, std::string_view name, int replicas) {
    make(*to.client, kDeployments, "default",
         cat(R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":")", name,
             R"("},"spec":{"replicas":)", replicas, R"(,"selector":{"matchLabels":{"app":")", name,
             R"("}},"template":{"metadata":{"labels":{"app":")", name,
             R"("}},"spec":{"containers":[{"name":")", name, R"(","image":"app:1"}]}}}})"));
  }

  // Pods of the virtual cluster that its own API calls Running and ready.
  size_t runningIn(Virtual& in, int64_t* restarts = nullptr) {
    const auto list =
        s.loop.run(in.client->list(vcluster::pods(), "default", {}, s.in(minutes(1))));
    if (!list) return 0;
    size_t out = 0;
    for (const doc::Doc& pod : list->items) {
      bool ready = false;
      for (const doc::Value c : pod["status"]["conditions"].elements())
        ready = ready || (c["type"].text() == "Ready" && c["status"].text() == "True");
      out += pod["status"]["phase"].text() == "Running" && ready ? 1 : 0;
      if (restarts != nullptr) *restarts += History::restarts(pod);
    }
    return out;
  }
  bool untilRunning(size_t in_each, Duration limit = minutes(3)) {
    const Instant end = s.in(limit);
    while (s.loop.clock().now() < end) {
      bool all = true;
      for (Virtual& one : virtuals) all = all && runningIn(one) == in_each;
      if (all) return true;
      s.loop.advance(millis(500));
    }
    return false;
  }

  sim::SimWorld s;
  io::World world;
  node::cri::FakeCri cri;
  node::FakeVolumeHost volumes;
  History history;
  std::unique_ptr<apiserver::Cluster> host;
  std::unique_ptr<client::ApiClient> admin;
  std::unique_ptr<control::Controllers> controllers;
  std::unique_ptr<node::NodeAgent> agent;
  std::unique_ptr<client::Collection> pods;
  std::vector<Virtual> virtuals;
};

// The whole story of one seed; gives its history.
std::vector<std::string> story(uint64_t seed) {
  Simulation sim(seed);
  if (!sim.startHost() || !sim.startVirtual("cluster1", "10.244.0.101") ||
      !sim.startVirtual("cluster2", "10.244.0.102")) {
    EXPECT_TRUE(false);
    return {};
  }
  sim.s.fabric.faults = {
      .min_latency = millis(1), .max_latency = millis(20), .refuse = 0.02, .cut_on_write = 0.002};
  for (Virtual& one : sim.virtuals) sim.deploy(one, "web", 2);
  EXPECT_TRUE(sim.untilRunning(2));

  // The four processes die, the runtime starts anew, and one control plane is cut off from its
  // host.
  sim.cri.kill("web");
  sim.cri.restart();
  sim.s.fabric.partition("10.244.0.102", kHostAddress);
  sim.s.loop.advance(seconds(20));
  sim.s.fabric.heal();
  for (Virtual& one : sim.virtuals) sim.deploy(one, "late", 1);
  EXPECT_TRUE(sim.untilRunning(3));
  sim.s.fabric.faults = {};
  sim.s.loop.advance(minutes(1));
  int64_t restarts = 0;
  for (Virtual& one : sim.virtuals) EXPECT_EQ(sim.runningIn(one, &restarts), 3u);
  EXPECT_EQ(restarts, 4);
  EXPECT_EQ(sim.cri.runningContainers(), 6u);
  EXPECT_EQ(sim.s.log.errors(), 0u);
  return sim.history.lines;
}

TEST(Clusters, podsOfTwoVirtualClustersRunInOneHost) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const std::vector<std::string> lines = story(seed);
    std::set<std::string> names;
    for (const std::string& line : lines) {
      const size_t at = line.find(" ms host ");
      names.insert(line.substr(at + 9, line.find(' ', at + 9) - at - 9));
    }
    EXPECT_EQ(names.size(), 6u);  // each pod once on the host: nothing was made twice
  }
}

TEST(Clusters, sameSeedSameHistory) {
  const std::vector<std::string> first = story(7);
  const std::vector<std::string> second = story(7);
  EXPECT_EQ(join(first, "\n"), join(second, "\n"));
  EXPECT_TRUE(join(first, "\n") != join(story(8), "\n"));
}

}  // namespace
}  // namespace meshka::bin
