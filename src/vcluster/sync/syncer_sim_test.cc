// The syncer between two API servers in memory, under virtual time: pods, what they use, their
// tokens and Services, in both directions and under faults.
#include "vcluster/sync/syncer.h"

#include "base/test/test.h"
#include "client/fake_api_client.h"
#include "doc/json.h"
#include "sim/world.h"
#include "vcluster/lifecycle/resources.h"
#include "vcluster/limits.h"
#include "vcluster/sync/services.h"
#include "vcluster/translate/service.h"

using namespace meshka;
using namespace meshka::vcluster;
using client::FakeApiClient;
using client::PatchType;
using client::Resource;
using doc::Doc;

namespace {

Doc json(std::string_view text) {
  auto parsed = doc::parseJson(text);
  EXPECT_OK(parsed);
  return parsed ? *parsed : Doc();
}

Doc podNamed(std::string_view name) {
  return json(cat(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")", name,
                  R"(","labels":{"app":"web"}},"spec":{"serviceAccountName":"default",
    "containers":[{"name":"app","image":"example/web:1","envFrom":[{"configMapRef":{"name":"settings"}}],
      "volumeMounts":[{"name":"api","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}]}],
    "volumes":[{"name":"api","projected":{"sources":[
        {"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},
        {"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}}]}}]}})"));
}

struct Fixture {
  explicit Fixture(uint64_t seed = 1) : sim(seed) {
    for (const char* name : {"default", "kube-system"}) {
      make(virt, namespaces(), "", cat(R"({"metadata":{"name":")", name, R"("}})"));
      make(virt, configMaps(), name,
           R"({"metadata":{"name":"kube-root-ca.crt"},"data":{"ca.crt":"x"}})");
      make(virt, serviceAccounts(), name, R"({"metadata":{"name":"default"}})");
    }
    make(virt, configMaps(), "default",
         R"({"metadata":{"name":"settings"},"data":{"color":"red"}})");
    service("kube-system", "kube-dns", "10.96.0.10");
    start();
    sim.loop.advance(seconds(1));
    EXPECT_TRUE(syncer->hasSynced());
  }

  void start() {
    syncer = std::make_unique<Syncer>(world, host, virt,
                                      SyncConfig{.tenant = tenant, .service_name = "cluster1"},
                                      owner, "10.96.0.7");
  }
  Doc make(FakeApiClient& api, const Resource& r, std::string ns, std::string_view text) {
    return make(api, r, std::move(ns), json(text));
  }
  Doc make(FakeApiClient& api, const Resource& r, std::string ns, Doc object) {
    auto made = sim.loop.run(api.create(r, ns, object, kNever));
    // The faults of a test hit its own calls too.
    while (!made && made.error().code() == Code::kUnavailable) {
      made = sim.loop.run(api.create(r, ns, object, kNever));
    }
    EXPECT_OK(made);
    return made ? *made : Doc();
  }
  // As the virtual API server makes one: born with the address of its host Service.
  void service(std::string ns, std::string_view name, std::string_view ip) {
    const Doc virtual_service = json(cat(
        R"({"apiVersion":"v1","kind":"Service","metadata":{"name":")", name, R"(","namespace":")",
        ns, R"("},"spec":{"type":"ClusterIP","clusterIP":")", ip, R"(","clusterIPs":[")", ip,
        R"("],"selector":{"app":"web"},"ports":[{"port":80,"protocol":"TCP","targetPort":80}]}})"));
    doc::Draft on_host(hostService(virtual_service, tenant, owner));
    on_host["spec"]["clusterIP"] = ip;
    on_host["spec"]["clusterIPs"] = doc::Draft::strings({std::string(ip)});
    make(host, services(), "cluster1", on_host.finish());
    make(virt, services(), std::move(ns), virtual_service);
  }
  Doc hostPod(std::string_view name) const {
    return host.find(pods(), "cluster1", cat(name, "-x-default-x-cluster1"));
  }
  Doc virtualPod(std::string_view name) const { return virt.find(pods(), "default", name); }
  // The scheduler and the node of the host.
  void runOnHost(std::string_view name) {
    const std::string full = cat(name, "-x-default-x-cluster1");
    EXPECT_OK(sim.loop.run(host.subresource("POST", pods(), "cluster1", full, "binding",
                                            json(R"({"target":{"name":"node-1"}})"), kNever)));
    EXPECT_OK(sim.loop.run(host.subresource(
        "PATCH", pods(), "cluster1", full, "status",
        json(cat(R"({"status":{"phase":"Running","podIP":"10.244.0.9","conditions":[{"type":"Ready",
          "status":"True","message":")",
                 full, R"( is ready"}]}})")),
        kNever)));
    sim.loop.advance(seconds(1));
  }
  void endOnHost(std::string_view name) {
    EXPECT_OK(sim.loop.run(host.remove(pods(), "cluster1", cat(name, "-x-default-x-cluster1"),
                                       {.grace_seconds = 0}, kNever)));
    sim.loop.advance(seconds(1));
  }

  sim::SimWorld sim;
  io::World world = sim.world();
  FakeApiClient host{sim.loop, sim.rng};
  FakeApiClient virt{sim.loop, sim.rng};
  Tenant tenant{"cluster1", "cluster1"};
  Owner owner{"cluster1", "uid-of-service"};
  std::unique_ptr<Syncer> syncer;
};

}  // namespace

TEST(Syncer, PodGoesDownAndItsLifeComesBack) {
  Fixture f;
  f.make(f.virt, pods(), "default", podNamed("web"));
  f.sim.loop.advance(seconds(1));
  const Doc created = f.hostPod("web");
  ASSERT_TRUE(created.exists());
  EXPECT_EQ(created["metadata"]["annotations"][kPodUid].text(),
            f.virtualPod("web")["metadata"]["uid"].text());
  EXPECT_EQ(
      created["spec"]["containers"][size_t{0}]["envFrom"][size_t{0}]["configMapRef"]["name"].text(),
      "settings-x-default-x-cluster1");
  EXPECT_EQ(f.host.find(configMaps(), "cluster1", "settings-x-default-x-cluster1")["data"]["color"]
                .text(),
            "red");

  f.runOnHost("web");
  const Doc running = f.virtualPod("web");
  EXPECT_EQ(running["spec"]["nodeName"].text(), "node-1");
  EXPECT_EQ(running["status"]["podIP"].text(), "10.244.0.9");
  EXPECT_EQ(running["status"]["conditions"][size_t{0}]["message"].text(), "web is ready");

  // A config map that a pod uses follows its original.
  EXPECT_OK(f.sim.loop.run(f.virt.patch(configMaps(), "default", "settings", PatchType::kMerge,
                                        json(R"({"data":{"color":"blue"}})"), kNever)));
  f.sim.loop.advance(seconds(1));
  EXPECT_EQ(f.host.find(configMaps(), "cluster1", "settings-x-default-x-cluster1")["data"]["color"]
                .text(),
            "blue");

  // At rest nothing is written.
  const size_t writes = f.host.writes() + f.virt.writes();
  f.sim.loop.advance(minutes(5));
  EXPECT_EQ(f.host.writes() + f.virt.writes(), writes);
  EXPECT_EQ(f.sim.log.errors(), 0u);
}

TEST(Syncer, DeletionInsideWaitsForTheHostsNode) {
  Fixture f;
  f.make(f.virt, pods(), "default", podNamed("web"));
  f.sim.loop.advance(seconds(1));
  f.runOnHost("web");
  EXPECT_OK(f.sim.loop.run(f.virt.remove(pods(), "default", "web", {.grace_seconds = 5}, kNever)));
  f.sim.loop.advance(seconds(1));
  EXPECT_EQ(f.hostPod("web")["metadata"]["deletionGracePeriodSeconds"].integer(), 5);
  EXPECT_TRUE(f.virtualPod("web").exists());
  f.endOnHost("web");
  EXPECT_FALSE(f.virtualPod("web").exists());
  EXPECT_FALSE(f.hostPod("web").exists());
  EXPECT_FALSE(f.host.find(configMaps(), "cluster1", "settings-x-default-x-cluster1").exists());
}

TEST(Syncer, APodThatTheHostRemovesGoesInside) {
  Fixture f;
  f.make(f.virt, pods(), "default", podNamed("web"));
  f.sim.loop.advance(seconds(1));
  f.runOnHost("web");
  EXPECT_OK(
      f.sim.loop.run(f.host.remove(pods(), "cluster1", "web-x-default-x-cluster1", {}, kNever)));
  f.sim.loop.advance(seconds(1));
  EXPECT_TRUE(f.virtualPod("web")["metadata"]["deletionTimestamp"].exists());
  f.endOnHost("web");
  EXPECT_FALSE(f.virtualPod("web").exists());
}

TEST(Syncer, TokensBelongToThePodAndAreRenewed) {
  Fixture f;
  f.make(f.virt, pods(), "default", podNamed("web"));
  f.sim.loop.advance(seconds(1));
  f.runOnHost("web");
  const auto token = [&] {
    Doc found;
    for (const Doc& secret : f.sim.loop.run(f.host.list(secrets(), "cluster1", {}, kNever))->items)
      found = secret;
    return found;
  };
  EXPECT_EQ(f.host.count(secrets()), 1u);
  const Doc first = token();
  EXPECT_EQ(first["metadata"]["ownerReferences"][size_t{0}]["kind"].text(), "Pod");
  EXPECT_EQ(first["metadata"]["ownerReferences"][size_t{0}]["uid"].text(),
            f.hostPod("web")["metadata"]["uid"].text());
  f.sim.loop.advance(minutes(40));
  EXPECT_TRUE(token()["data"] == first["data"]);
  f.sim.loop.advance(minutes(15));  // 80 % of 3607 s have passed
  EXPECT_FALSE(token()["data"] == first["data"]);
}

TEST(Syncer, ServicesFollowBothWays) {
  Fixture f;
  f.service("default", "web", "10.96.0.20");
  f.sim.loop.advance(seconds(1));
  const Doc on_host = f.host.find(services(), "cluster1", "web-x-default-x-cluster1");
  ASSERT_TRUE(on_host.exists());
  EXPECT_OK(f.sim.loop.run(f.virt.patch(
      services(), "default", "web", PatchType::kJson,
      json(R"([{"op":"replace","path":"/spec/ports/0/port","value":8080}])"), kNever)));
  f.sim.loop.advance(seconds(1));
  EXPECT_EQ(f.host
                .find(services(), "cluster1",
                      "web-x-default-x-cluster1")["spec"]["ports"][size_t{0}]["port"]
                .integer(),
            8080);
  EXPECT_EQ(f.virt.find(services(), "default", "web")["spec"]["clusterIP"].text(), "10.96.0.20");
  EXPECT_OK(f.sim.loop.run(f.virt.remove(services(), "default", "web", {}, kNever)));
  f.sim.loop.advance(kAbandonedAfter + seconds(1));
  EXPECT_FALSE(f.host.find(services(), "cluster1", "web-x-default-x-cluster1").exists());
}

// The gate makes the host Service first; one whose virtual Service never comes goes after a while.
TEST(Syncer, AServiceThatIsBeingBornIsLeftAlone) {
  Fixture f;
  const Doc unborn = json(R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"late",
    "namespace":"default"},"spec":{"ports":[{"port":80}]}})");
  f.make(f.host, services(), "cluster1", hostService(unborn, f.tenant, f.owner));
  f.sim.loop.advance(kAbandonedAfter - seconds(1));
  EXPECT_TRUE(f.host.find(services(), "cluster1", "late-x-default-x-cluster1").exists());
  f.sim.loop.advance(seconds(2));
  EXPECT_FALSE(f.host.find(services(), "cluster1", "late-x-default-x-cluster1").exists());
}

TEST(Syncer, AServiceOfTheGateKeepsItsHostService) {
  Fixture f;
  ServiceGate gate(f.world, f.host, f.tenant, f.owner);
  const Doc wanted = json(R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"slow",
    "namespace":"default"},"spec":{"selector":{"app":"web"},"ports":[{"port":80}]}})");
  const auto admitted = f.sim.loop.run(gate.admitCreate(wanted, false));
  ASSERT_OK(admitted);
  const std::string name = "slow-x-default-x-cluster1";
  const std::string uid(f.host.find(services(), "cluster1", name)["metadata"]["uid"].text());
  EXPECT_FALSE(uid.empty());
  f.sim.loop.advance(seconds(2));  // the virtual one is being stored
  f.make(f.virt, services(), "default", *admitted);
  f.sim.loop.advance(minutes(1));
  EXPECT_EQ(f.host.find(services(), "cluster1", name)["metadata"]["uid"].text(), uid);
  // A dry run makes nothing.
  const size_t writes = f.host.writes();
  EXPECT_OK(f.sim.loop.run(gate.admitCreate(wanted, true)));
  EXPECT_EQ(f.host.writes(), writes);
}

// A tenant may name its own pods only: anything else would open the host's network to it.
TEST(Syncer, EndpointsKeepOwnAddressesOnly) {
  Fixture f;
  f.make(f.virt, pods(), "default", podNamed("web"));
  f.sim.loop.advance(seconds(1));
  f.runOnHost("web");  // 10.244.0.9
  const Doc manual = json(R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"manual",
    "namespace":"default"},"spec":{"clusterIP":"None","ports":[{"port":80}]}})");
  f.make(f.host, services(), "cluster1", hostService(manual, f.tenant, f.owner));
  f.make(f.virt, services(), "default", manual);
  f.make(f.virt, endpoints(), "default", R"({"metadata":{"name":"manual"},"subsets":[{"ports":
    [{"port":80}],"addresses":[{"ip":"10.244.0.9"},{"ip":"169.254.169.254"},{"ip":"10.244.0.77"}]}]})");
  f.sim.loop.advance(seconds(1));
  const Doc on_host = f.host.find(endpoints(), "cluster1", "manual-x-default-x-cluster1");
  ASSERT_TRUE(on_host.exists());
  EXPECT_EQ(doc::toJson(on_host["subsets"][size_t{0}]["addresses"]), R"([{"ip":"10.244.0.9"}])");
}

// A control plane that comes up lists its own side last: nothing of the host may go meanwhile.
TEST(Syncer, RestartRemovesNothing) {
  Fixture f;
  f.make(f.virt, pods(), "default", podNamed("web"));
  f.sim.loop.advance(seconds(1));
  f.runOnHost("web");
  const std::string uid(f.hostPod("web")["metadata"]["uid"].text());
  f.syncer.reset();
  f.virt.failNext(Error(Code::kUnavailable, "connection refused"), 20);
  f.start();
  f.sim.loop.advance(minutes(2));
  EXPECT_EQ(f.hostPod("web")["metadata"]["uid"].text(), uid);
  EXPECT_FALSE(f.hostPod("web")["metadata"]["deletionTimestamp"].exists());
  EXPECT_TRUE(f.host.find(services(), "cluster1", "kube-dns-x-kube-system-x-cluster1").exists());
}

// Lost watches, compacted revisions, refused calls and restarts of the syncer: in the end each
// virtual pod has its own host pod, and no other is left.
TEST(Syncer, ConvergesUnderFaults) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    Fixture f(seed);
    SeededRng& rng = f.sim.fault_rng;
    for (int step = 0; step < 60; ++step) {
      const std::string name(1, static_cast<char>('a' + rng.below(4)));
      FakeApiClient& side = rng.below(2) == 0 ? f.host : f.virt;
      switch (rng.below(10)) {
        case 0:
          side.breakWatches();
          break;
        case 1:
          side.compact();
          break;
        case 2:
          f.syncer.reset();
          f.sim.loop.advance(millis(50));
          f.start();
          break;
        case 3:
        case 4:
          f.sim.loop.advance(millis(static_cast<int64_t>(rng.below(300))));
          break;
        case 5:
        case 6:
          if (f.virtualPod(name).exists())
            (void)f.sim.loop.run(f.virt.remove(pods(), "default", name, {}, kNever));
          break;
        default:
          if (!f.virtualPod(name).exists()) f.make(f.virt, pods(), "default", podNamed(name));
      }
      if (rng.below(6) == 0) side.failNext(Error(Code::kUnavailable, "connection refused"));
    }
    f.sim.loop.advance(minutes(5));
    EXPECT_EQ(f.host.count(pods()), f.virt.count(pods()));
    for (const char* name : {"a", "b", "c", "d"}) {
      const Doc inside = f.virtualPod(name);
      EXPECT_EQ(f.hostPod(name).exists(), inside.exists());
      if (!inside.exists()) continue;
      EXPECT_EQ(f.hostPod(name)["metadata"]["annotations"][kPodUid].text(),
                inside["metadata"]["uid"].text());
    }
  }
}
