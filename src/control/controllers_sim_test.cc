// All controllers together against an API server in memory, with a node agent that only sets pod
// status: deployments become available, rollouts keep their promise, deletions leave nothing.
#include <set>

#include "base/strings.h"
#include "base/test/test.h"
#include "client/fake_api_client.h"
#include "control/context.h"
#include "control/register.h"
#include "doc/json.h"
#include "sim/world.h"

namespace meshka::control {
namespace {

using client::Resource;

doc::Doc json(std::string_view text) {
  return *doc::parseJson(text);
}

// The fake, plus the discovery that the cleaning controllers ask for.
class Server final : public client::ApiClient {
 public:
  Server(io::Loop& loop, Rng& rng) : fake(loop, rng) {}
  io::Task<Result<doc::Doc>> get(Resource r, std::string ns, std::string name, Instant t) override {
    return fake.get(r, ns, name, t);
  }
  io::Task<Result<client::ObjectList>> list(Resource r, std::string ns, client::ListOptions o,
                                            Instant t) override {
    return fake.list(r, ns, o, t);
  }
  io::Task<Result<doc::Doc>> create(Resource r, std::string ns, doc::Doc object, Instant t,
                                    client::WriteOptions o) override {
    return fake.create(r, ns, object, t, o);
  }
  io::Task<Result<doc::Doc>> update(Resource r, std::string ns, doc::Doc object, Instant t,
                                    client::WriteOptions o) override {
    return fake.update(r, ns, object, t, o);
  }
  io::Task<Result<doc::Doc>> patch(Resource r, std::string ns, std::string name,
                                   client::PatchType type, doc::Doc body, Instant t,
                                   client::WriteOptions o) override {
    return fake.patch(r, ns, name, type, body, t, o);
  }
  io::Task<Result<void>> remove(Resource r, std::string ns, std::string name,
                                client::DeleteOptions o, Instant t) override {
    return fake.remove(r, ns, name, o, t);
  }
  io::Task<Result<doc::Doc>> subresource(std::string method, Resource r, std::string ns,
                                         std::string name, std::string sub, doc::Doc body,
                                         Instant t) override {
    return fake.subresource(method, r, ns, name, sub, body, t);
  }
  io::Task<Result<std::unique_ptr<client::WatchStream>>> watch(Resource r, std::string ns,
                                                               client::ListOptions o,
                                                               Instant t) override {
    return fake.watch(r, ns, o, t);
  }
  io::Task<Result<doc::Doc>> raw(std::string, std::string target, doc::Doc, Instant) override {
    if (target == "/api/v1") {
      co_return kinds({"pods", "services", "endpoints", "configmaps", "serviceaccounts", "events"});
    }
    if (target == "/apis") {
      co_return json(R"({"groups":[{"name":"apps","versions":[{"version":"v1"}]},
                         {"name":"discovery.k8s.io","versions":[{"version":"v1"}]}]})");
    }
    if (target == "/apis/apps/v1") co_return kinds({"deployments", "replicasets", "statefulsets"});
    if (target == "/apis/discovery.k8s.io/v1") co_return kinds({"endpointslices"});
    co_return fail(Code::kNotFound, target);
  }
  client::FakeApiClient fake;

 private:
  static doc::Doc kinds(std::initializer_list<const char*> plurals) {
    static const std::map<std::string, std::string> names = {{"pods", "Pod"},
                                                             {"services", "Service"},
                                                             {"endpoints", "Endpoints"},
                                                             {"configmaps", "ConfigMap"},
                                                             {"serviceaccounts", "ServiceAccount"},
                                                             {"events", "Event"},
                                                             {"deployments", "Deployment"},
                                                             {"replicasets", "ReplicaSet"},
                                                             {"statefulsets", "StatefulSet"},
                                                             {"endpointslices", "EndpointSlice"}};
    doc::Draft list = doc::Draft::array();
    for (const char* plural : plurals) {
      list.push(doc::Draft::object({{"name", plural},
                                    {"kind", names.at(plural)},
                                    {"namespaced", true},
                                    {"verbs", doc::Draft::strings({"list", "delete"})}}));
    }
    return doc::Draft::object({{"resources", std::move(list)}}).finish();
  }
};

struct Cluster {
  explicit Cluster(uint64_t seed)
      : sim(seed),
        world(sim.world()),
        api(sim.loop, sim.rng),
        agent_pods(client::makeCollection(sim.loop, sim.rng, sim.log, api, core("pods"))),
        agent(*agent_pods,
              [this](const client::ObjectKey& key, const doc::Doc&, const doc::Doc& pod) {
                if (pod.exists()) (void)work.spawn(runPod(key, pod));
              }),
        work(sim.loop, 1000),
        controllers(world, api, {.workloads = true, .scheduler = true, .ca_pem = "CA"}) {
    make(
        core("nodes"), "",
        R"({"metadata":{"name":"n1"},"status":{"allocatable":{"cpu":"8","memory":"8Gi","pods":"110"}}})");
    make(
        core("namespaces"), "",
        R"({"metadata":{"name":"ns","finalizers":["test/hold"]},"spec":{"finalizers":["kubernetes"]}})");
    sim.loop.advance(seconds(5));
  }

  // What a node agent would do, in a second or two.
  io::Task<void> runPod(client::ObjectKey key, doc::Doc pod) {
    const Instant deadline = sim.in(minutes(5));
    co_await io::sleepFor(sim.loop, millis(static_cast<int64_t>(500 + sim.rng.below(1500))));
    if (pod["metadata"]["deletionTimestamp"].exists()) {
      client::DeleteOptions now;
      now.grace_seconds = 0;
      (void)co_await api.remove(core("pods"), key.ns, key.name, now, deadline);
      co_return;
    }
    if (pod["spec"]["nodeName"].text().empty() || pod["status"]["phase"].text() == "Running")
      co_return;
    if (pod["metadata"]["labels"]["broken"].exists()) co_return;
    doc::Draft running(pod);
    running["status"] =
        json(cat(R"({"phase":"Running","podIP":"10.1.0.)", ++last_ip,
                 R"(","conditions":[{"type":"Ready","status":"True","lastTransitionTime":")",
                 toRfc3339(sim.loop.clock().wall()), R"("}]})"));
    (void)co_await api.subresource("PUT", core("pods"), key.ns, key.name, "status",
                                   running.finish(), deadline);
  }

  void make(Resource r, std::string ns, std::string_view text) {
    EXPECT_OK(sim.loop.run(api.create(r, ns, json(text), sim.in(minutes(1)), {})));
  }
  void merge(Resource r, std::string name, std::string_view text) {
    EXPECT_OK(sim.loop.run(
        api.patch(r, "ns", name, client::PatchType::kMerge, json(text), sim.in(minutes(1)), {})));
  }
  void remove(Resource r, std::string ns, std::string name, std::string propagation) {
    client::DeleteOptions options;
    options.propagation = propagation;
    EXPECT_OK(sim.loop.run(api.remove(r, ns, name, options, sim.in(minutes(1)))));
  }
  std::string condition(std::string_view name, std::string_view type) {
    for (const doc::Value c :
         api.fake.find(apps("deployments"), "ns", name)["status"]["conditions"].elements()) {
      if (c["type"].text() == type) return cat(c["status"].text(), " ", c["reason"].text());
    }
    return "";
  }
  size_t readyPods() {
    size_t out = 0;
    for (const doc::Doc& p : agent_pods->list("ns")) out += isPodReady(p) && isPodActive(p);
    return out;
  }

  sim::SimWorld sim;
  io::World world;
  Server api;
  std::unique_ptr<client::Collection> agent_pods;
  Feed agent;
  int last_ip = 0;
  io::Group work;
  Controllers controllers;
};

std::string deployment(std::string_view image, int replicas, std::string_view labels = "") {
  return cat(
      R"({"metadata":{"name":"web"},"spec":{"replicas":)", replicas,
      R"(,"selector":{"matchLabels":{"app":"web"}},"strategy":{"rollingUpdate":{"maxSurge":1,"maxUnavailable":0}},
             "template":{"metadata":{"labels":{"app":"web")",
      labels, R"(}},"spec":{"containers":[{"name":"c","image":")", image, R"("}]}}}})");
}

const char* kService =
    R"({"metadata":{"name":"web"},"spec":{"clusterIP":"10.0.0.9","selector":{"app":"web"},"ports":[{"name":"http","port":80,"targetPort":8080}]}})";

}  // namespace

TEST(ControllersSim, aDeploymentBecomesAvailableAndIsServed) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    Cluster c(seed);
    EXPECT_TRUE(c.api.fake.find(core("serviceaccounts"), "ns", "default").exists());
    EXPECT_EQ(
        c.api.fake.find(core("configmaps"), "ns", "kube-root-ca.crt")["data"]["ca.crt"].text(),
        "CA");
    c.make(core("services"), "ns", kService);
    c.make(apps("deployments"), "ns", deployment("v1", 3));
    c.sim.loop.advance(seconds(30));
    EXPECT_EQ(c.condition("web", "Available"), "True MinimumReplicasAvailable");
    EXPECT_EQ(c.condition("web", "Progressing"), "True NewReplicaSetAvailable");
    EXPECT_EQ(c.api.fake.count(core("pods")), 3u);
    const doc::Doc endpoints = c.api.fake.find(core("endpoints"), "ns", "web");
    EXPECT_EQ(endpoints["subsets"][size_t{0}]["addresses"].size(), 3u);
    EXPECT_EQ(endpoints["subsets"][size_t{0}]["ports"][size_t{0}]["port"].integer(), 8080);
    EXPECT_EQ(c.api.fake.count({"discovery.k8s.io", "v1", "endpointslices"}), 1u);
    const size_t settled = c.api.fake.writes();
    c.sim.loop.advance(minutes(30));
    EXPECT_EQ(c.api.fake.writes(), settled);  // at rest nobody writes
    EXPECT_EQ(c.sim.log.errors(), 0u);
  }
}

TEST(ControllersSim, aRolloutNeverFallsBelowItsMinimum) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    Cluster c(seed);
    c.make(apps("deployments"), "ns", deployment("v1", 3));
    c.sim.loop.advance(seconds(30));
    c.merge(apps("deployments"), "web",
            R"({"spec":{"template":{"spec":{"containers":[{"name":"c","image":"v2"}]}}}})");
    for (int i = 0; i < 600; ++i) {
      c.sim.loop.advance(millis(100));
      EXPECT_TRUE(c.readyPods() >= 3);
      EXPECT_TRUE(c.readyPods() <= 4);
    }
    for (const doc::Doc& p : c.agent_pods->list("ns")) {
      EXPECT_EQ(p["spec"]["containers"][size_t{0}]["image"].text(), "v2");
    }
    const doc::Doc web = c.api.fake.find(apps("deployments"), "ns", "web");
    EXPECT_EQ(web["metadata"]["annotations"]["deployment.kubernetes.io/revision"].text(), "2");
    EXPECT_EQ(web["status"]["updatedReplicas"].integer(), 3);
    EXPECT_EQ(c.api.fake.count(apps("replicasets")), 2u);  // the old one stays for undo
  }
}

TEST(ControllersSim, aRolloutThatStandsStillIsReportedAfterItsDeadline) {
  Cluster c(7);
  c.make(apps("deployments"), "ns", deployment("v1", 2));
  c.sim.loop.advance(seconds(30));
  c.merge(
      apps("deployments"), "web",
      R"({"spec":{"progressDeadlineSeconds":60,"template":{"metadata":{"labels":{"broken":"x"}}}}})");
  c.sim.loop.advance(seconds(50));
  EXPECT_EQ(c.condition("web", "Progressing"), "True ReplicaSetUpdated");
  EXPECT_EQ(c.condition("web", "Available"), "True MinimumReplicasAvailable");
  c.sim.loop.advance(seconds(20));
  EXPECT_EQ(c.condition("web", "Progressing"), "False ProgressDeadlineExceeded");
  const size_t settled = c.api.fake.writes();
  c.sim.loop.advance(minutes(10));
  EXPECT_EQ(c.api.fake.writes(), settled);
  c.merge(apps("deployments"), "web",
          R"({"spec":{"template":{"metadata":{"labels":{"broken":null}}}}})");
  c.sim.loop.advance(seconds(30));
  EXPECT_EQ(c.condition("web", "Progressing"), "True NewReplicaSetAvailable");
}

TEST(ControllersSim, aPodWhoseLabelsChangeIsLetGoAndReplaced) {
  Cluster c(1);
  c.make(apps("deployments"), "ns", deployment("v1", 1));
  c.sim.loop.advance(seconds(30));
  const std::string name(c.agent_pods->list("ns")[0]["metadata"]["name"].text());
  c.merge(core("pods"), name, R"({"metadata":{"labels":{"app":"debug"}}})");
  c.sim.loop.advance(seconds(30));
  EXPECT_EQ(c.api.fake.count(core("pods")), 2u);
  EXPECT_EQ(c.api.fake.find(core("pods"), "ns", name)["metadata"]["ownerReferences"].size(), 0u);
  c.merge(core("pods"), name,
          cat(R"({"metadata":{"labels":{"app":"web"}}})"));  // the hash label is still there
  c.sim.loop.advance(seconds(30));
  EXPECT_EQ(c.api.fake.count(core("pods")), 1u);  // taken back, and one too many
}

TEST(ControllersSim, statefulPodsHaveNamesAndOrder) {
  Cluster c(3);
  c.make(
      apps("statefulsets"), "ns",
      R"({"metadata":{"name":"db"},"spec":{"replicas":3,"serviceName":"db","selector":{"matchLabels":{"app":"db"}},
             "template":{"metadata":{"labels":{"app":"db"}},"spec":{"containers":[{"name":"c"}]}}}})");
  std::set<std::string> seen;
  for (int i = 0; i < 300; ++i) {
    c.sim.loop.advance(millis(100));
    for (const doc::Doc& p : c.agent_pods->list("ns"))
      seen.insert(std::string(p["metadata"]["name"].text()));
    EXPECT_TRUE(seen.size() <= c.readyPods() + 1);
  }
  EXPECT_TRUE(seen == (std::set<std::string>{"db-0", "db-1", "db-2"}));
  const std::string uid(c.api.fake.find(core("pods"), "ns", "db-1")["metadata"]["uid"].text());
  c.remove(core("pods"), "ns", "db-1", "");
  c.sim.loop.advance(seconds(30));
  const doc::Doc again = c.api.fake.find(core("pods"), "ns", "db-1");
  EXPECT_TRUE(again.exists() && again["metadata"]["uid"].text() != uid);
}

TEST(ControllersSim, deletingInTheBackgroundTakesTheDependentsAlong) {
  Cluster c(4);
  c.make(apps("deployments"), "ns", deployment("v1", 2));
  c.sim.loop.advance(seconds(30));
  c.remove(apps("deployments"), "ns", "web", "Background");
  c.sim.loop.advance(seconds(30));
  EXPECT_EQ(c.api.fake.count(apps("deployments")), 0u);
  EXPECT_EQ(c.api.fake.count(apps("replicasets")), 0u);
  EXPECT_EQ(c.api.fake.count(core("pods")), 0u);
}

TEST(ControllersSim, theForegroundFinalizerHoldsTheOwnerUntilItsDependentsAreGone) {
  Cluster c(5);
  c.make(apps("deployments"), "ns", deployment("v1", 2));
  c.sim.loop.advance(seconds(30));
  c.merge(apps("deployments"), "web", R"({"metadata":{"finalizers":["foregroundDeletion"]}})");
  c.remove(apps("deployments"), "ns", "web", "");
  bool order = true;
  for (int i = 0; i < 300; ++i) {
    c.sim.loop.advance(millis(100));
    if (c.api.fake.count(apps("replicasets")) > 0 && c.api.fake.count(apps("deployments")) == 0)
      order = false;
  }
  EXPECT_TRUE(order);
  EXPECT_EQ(c.api.fake.count(apps("deployments")) + c.api.fake.count(core("pods")), 0u);
}

TEST(ControllersSim, theOrphanFinalizerLeavesTheDependents) {
  Cluster c(6);
  c.make(apps("deployments"), "ns", deployment("v1", 2));
  c.sim.loop.advance(seconds(30));
  c.merge(apps("deployments"), "web", R"({"metadata":{"finalizers":["orphan"]}})");
  c.remove(apps("deployments"), "ns", "web", "");
  c.sim.loop.advance(seconds(30));
  EXPECT_EQ(c.api.fake.count(apps("deployments")), 0u);
  EXPECT_EQ(c.api.fake.count(apps("replicasets")), 1u);
  EXPECT_EQ(c.api.fake.count(core("pods")), 2u);
}

TEST(ControllersSim, deletingANamespaceLeavesNothing) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    Cluster c(seed);
    c.make(core("services"), "ns", kService);
    c.make(apps("deployments"), "ns", deployment("v1", 3));
    c.sim.loop.advance(seconds(30));
    c.remove(core("namespaces"), "", "ns", "");
    c.sim.loop.advance(seconds(60));
    for (const char* plural : {"pods", "services", "endpoints", "configmaps", "serviceaccounts"}) {
      EXPECT_EQ(c.api.fake.count(core(plural)), 0u);
    }
    EXPECT_EQ(c.api.fake.count(apps("deployments")) + c.api.fake.count(apps("replicasets")), 0u);
    EXPECT_EQ(c.api.fake.count({"discovery.k8s.io", "v1", "endpointslices"}), 0u);
    EXPECT_EQ(c.api.fake.find(core("namespaces"), "", "ns")["spec"]["finalizers"].size(), 0u);
  }
}

}  // namespace meshka::control
