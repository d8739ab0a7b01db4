// Pods on a runtime in memory, in virtual time: what kubectl would show, and what the runtime was
// asked to do.
#include "node/pod/worker.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/test/test.h"
#include "doc/json.h"
#include "doc/yaml.h"
#include "node/cri/fake_cri.h"
#include "node/limits.h"
#include "node/test/fakes.h"
#include "node/volumes/fake_volume_host.h"
#include "sim/world.h"

namespace meshka::node {
namespace {

using testing::Cluster;
using testing::Events;
using testing::FakeApi;

doc::Doc yaml(std::string_view text) {
  auto d = doc::parseYamlDocument(text);
  EXPECT_OK(d);
  return d ? *d : doc::Doc();
}

struct Fixture {
  explicit Fixture(std::string_view spec, std::string_view status = "{}")
      : world(1), api(world.loop), cri(world.loop) {
    config.node_name = "node-1";
    config.host_ip = "100.64.77.2";
    config.data_dir = "/data";
    config.log_dir = "/logs";
    config.cluster_dns = "10.96.0.10";
    config.cpus = 2;
    config.memory_bytes = 8LL << 30;
    cri.addImage("docker.io/library/app:1");
    cri.addImage("docker.io/library/once:1", {.runs_for = seconds(2)});
    cri.addImage("docker.io/library/crash:1", {.runs_for = seconds(1), .exit_code = 3});
    cri.addImage("docker.io/library/stubborn:1", {.ignores_sigterm = true});
    doc::Draft pod(yaml("metadata: {name: web-0, namespace: default, uid: u1}"));
    pod["spec"] = yaml(spec);
    pod["status"] = yaml(status);
    object = pod.finish();
  }
  // As the agent does it for all pods.
  io::Task<void> pump() {
    while (true) {
      auto stream = co_await cri.subscribeExits(kNever);
      while (auto exit = co_await (*stream)->next()) {
        if (worker) worker->containerExited(*exit);
      }
    }
  }
  void begin() {
    exits.start();
    worker = std::make_unique<PodWorker>(context, object, [this] { finished = true; });
  }
  // The API's watch shows a changed object.
  void change(Function<void(doc::Draft&)> edit) {
    doc::Draft d(object);
    d["status"] = api.status;
    edit(d);
    object = d.finish();
    worker->setPod(object);
  }
  void remove(int64_t grace = 30) {
    change([&](doc::Draft& d) {
      d["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z";
      d["metadata"]["deletionGracePeriodSeconds"] = grace;
    });
  }
  std::string state() const { return api.state(); }
  std::string condition(std::string_view type) const {
    for (const doc::Value c : api.status["conditions"].elements()) {
      if (c["type"].text() == type) return cat(c["status"].text(), " ", c["message"].text());
    }
    return "";
  }
  void after(Duration d) { world.loop.advance(d); }

  sim::SimWorld world;
  NodeConfig config;
  FakeApi api;
  cri::FakeCri cri;
  FakeVolumeHost volumes;
  Events events;
  Cluster cluster;
  Gate starts{world.loop, kMaxPodStarts};
  NodeContext context{world.world(), config, cri, volumes, api, events, cluster, starts};
  doc::Doc object;
  bool finished = false;
  std::unique_ptr<PodWorker> worker;
  io::Running exits{pump()};
};

TEST(worker, startsAndStops) {
  Fixture f("{containers: [{name: web, image: 'app:1'}]}");
  f.begin();
  f.after(millis(10));
  EXPECT_EQ(f.state(), "Pending web=waiting:ContainerCreating");
  f.after(seconds(1));
  EXPECT_EQ(f.state(), "Running web=running:-,ready");
  EXPECT_EQ(f.condition("Ready"), "True ");
  EXPECT_EQ(f.condition("PodScheduled"), "True ");
  EXPECT_EQ(f.api.status["podIP"].text(), "10.244.0.2");
  EXPECT_EQ(f.api.status["hostIP"].text(), "100.64.77.2");
  EXPECT_EQ(f.api.status["qosClass"].text(), "BestEffort");
  EXPECT_EQ(f.api.status["containerStatuses"][size_t{0}]["containerID"].text(),
            "containerd://container-2");
  EXPECT_TRUE(f.events.has("Started: Started container web"));
  const int writes = f.api.writes;
  f.after(minutes(10));
  EXPECT_EQ(f.api.writes, writes);  // nothing happens, nothing is written
  f.remove();
  f.after(seconds(1));
  EXPECT_TRUE(f.finished);
  EXPECT_TRUE(f.api.forgotten);
  EXPECT_EQ(f.state(), "Running web=terminated:Error");
  EXPECT_TRUE(f.events.has("Killing: Stopping container web"));
  EXPECT_EQ(f.cri.runningContainers(), 0u);
  EXPECT_EQ(f.volumes.removed.size(), 2u);
  EXPECT_EQ(f.world.log.errors(), 0u);
}

TEST(worker, initContainersInOrder) {
  Fixture f(R"({initContainers: [{name: a, image: 'once:1'}, {name: b, image: 'once:1'}],
                containers: [{name: web, image: 'app:1'}]})");
  f.begin();
  f.after(seconds(1));
  EXPECT_EQ(f.state(), "Pending a=running:- b=waiting:PodInitializing web=waiting:PodInitializing");
  EXPECT_EQ(f.condition("Initialized"), "False containers with incomplete status: [a b]");
  f.after(seconds(2));
  EXPECT_EQ(f.state(),
            "Pending a=terminated:Completed,ready b=running:- web=waiting:PodInitializing");
  f.after(seconds(3));
  EXPECT_EQ(
      f.state(),
      "Running a=terminated:Completed,ready b=terminated:Completed,ready web=running:-,ready");
  EXPECT_EQ(f.condition("Initialized"), "True ");
}

TEST(worker, failedInitContainer) {
  Fixture never(
      "{restartPolicy: Never, initContainers: [{name: a, image: 'crash:1'}], containers: [{name: "
      "web, image: 'app:1'}]}");
  never.begin();
  never.after(seconds(5));
  EXPECT_EQ(never.state(), "Failed a=terminated:Error web=waiting:PodInitializing");
  Fixture always(
      "{initContainers: [{name: a, image: 'crash:1'}], containers: [{name: web, image: 'app:1'}]}");
  always.begin();
  always.after(seconds(5));
  EXPECT_EQ(always.state(), "Pending a=waiting:CrashLoopBackOff,1 web=waiting:PodInitializing");
}

// A proxy that holds the application: the second container waits for the first one's postStart
// hook.
TEST(worker, postStartHoldsTheNextContainer) {
  Fixture f(R"({containers: [
      {name: proxy, image: 'app:1', lifecycle: {postStart: {sleep: {seconds: 5}}}, readinessProbe: {exec: {command: [ok]}}},
      {name: web, image: 'app:1'}]})");
  f.begin();
  f.after(seconds(3));
  EXPECT_EQ(f.state(), "Pending proxy=running:- web=waiting:ContainerCreating");
  f.after(seconds(4));
  EXPECT_EQ(f.state(), "Running proxy=running:-,ready web=running:-,ready");
}

TEST(worker, postStartFailureRestarts) {
  Fixture f(
      "{containers: [{name: web, image: 'app:1', lifecycle: {postStart: {exec: {command: "
      "[no]}}}}]}");
  f.cri.onExec([](const cri::ContainerConfig&, const std::vector<std::string>&) {
    return cri::ExecResult{1, "", "broken"};
  });
  f.begin();
  f.after(seconds(3));
  EXPECT_TRUE(f.events.has("FailedPostStartHook: PostStartHook failed: broken"));
  EXPECT_EQ(f.state(), "Running web=waiting:CrashLoopBackOff,1");
}

TEST(worker, crashLoopBacksOff) {
  Fixture f("{containers: [{name: web, image: 'crash:1'}]}");
  f.begin();
  f.after(seconds(5));  // ran, was restarted at once, ran again
  EXPECT_EQ(f.state(), "Running web=waiting:CrashLoopBackOff,1");
  const doc::Value s = f.api.status["containerStatuses"][size_t{0}];
  EXPECT_EQ(s["state"]["waiting"]["message"].text(),
            "back-off 10s restarting failed container=web pod=web-0_default(u1)");
  EXPECT_EQ(s["lastState"]["terminated"]["exitCode"].integer(), 3);
  EXPECT_EQ(f.condition("Ready"), "False containers with unready status: [web]");
  std::vector<std::string> starts;
  f.after(minutes(30));
  int n = 0;
  for (const std::string& c : f.cri.calls()) n += c == "start web" ? 1 : 0;
  // pauses: 0, 10, 20, 40, 80, 160, and 300 s four times
  EXPECT_EQ(n, 11);
}

TEST(worker, killedFromOutsideShowsOneRestart) {
  Fixture f("{containers: [{name: web, image: 'app:1'}]}");
  f.begin();
  f.after(seconds(60));
  f.cri.kill("web");
  f.after(seconds(1));
  EXPECT_EQ(f.state(), "Running web=running:-,ready,1");
  EXPECT_EQ(
      f.api.status["containerStatuses"][size_t{0}]["lastState"]["terminated"]["exitCode"].integer(),
      137);
}

TEST(worker, outOfMemory) {
  Fixture f("{restartPolicy: Never, containers: [{name: web, image: 'app:1'}]}");
  f.begin();
  f.after(seconds(1));
  f.cri.kill("web", 137, true);
  f.worker->relist();
  f.after(seconds(1));
  EXPECT_EQ(f.state(), "Failed web=terminated:OOMKilled");
}

TEST(worker, restartPolicies) {
  const struct {
    const char* policy;
    const char* image;
    const char* want;
  } cases[] = {
      {"Never", "once:1", "Succeeded web=terminated:Completed"},
      {"Never", "crash:1", "Failed web=terminated:Error"},
      {"OnFailure", "once:1", "Succeeded web=terminated:Completed"},
      {"OnFailure", "crash:1", "Running web=waiting:CrashLoopBackOff,1"},
      {"Always", "once:1", "Running web=waiting:CrashLoopBackOff,1"},
  };
  for (const auto& c : cases) {
    Fixture f(
        cat("{restartPolicy: ", c.policy, ", containers: [{name: web, image: '", c.image, "'}]}"));
    f.begin();
    f.after(seconds(6));
    EXPECT_EQ(cat(c.policy, " ", c.image, ": ", f.state()),
              cat(c.policy, " ", c.image, ": ", c.want));
  }
}

TEST(worker, aFinishedPodFreesItsSandboxAndCanBeDeleted) {
  Fixture f("{restartPolicy: Never, containers: [{name: web, image: 'once:1'}]}");
  f.begin();
  f.after(seconds(6));
  EXPECT_TRUE(std::ranges::find(f.cri.calls(), "stopSandbox sandbox-1") != f.cri.calls().end());
  EXPECT_EQ(f.condition("Initialized"), "True ");
  EXPECT_EQ(f.api.status["podIP"].text(), "10.244.0.2");
  f.remove();
  f.after(seconds(1));
  EXPECT_TRUE(f.finished);
}

TEST(worker, imageProblems) {
  Fixture f("{containers: [{name: web, image: 'nowhere/app:9'}]}");
  f.begin();
  f.after(seconds(1));
  EXPECT_EQ(f.state(), "Pending web=waiting:ImagePullBackOff");
  EXPECT_TRUE(
      f.events.has("Failed: Failed to pull image \"nowhere/app:9\": image \"nowhere/app:9\" is not "
                   "in the local"));
  EXPECT_TRUE(f.events.has("Failed: Error: ErrImagePull"));
  EXPECT_TRUE(f.events.has("BackOff: Back-off pulling image \"nowhere/app:9\""));
  f.cri.addImage("docker.io/nowhere/app:9");  // imported meanwhile
  f.after(seconds(30));
  EXPECT_EQ(f.state(), "Running web=running:-,ready");
  Fixture never("{containers: [{name: web, image: 'nowhere/app:9', imagePullPolicy: Never}]}");
  never.begin();
  never.after(seconds(1));
  EXPECT_EQ(never.state(), "Pending web=waiting:ErrImageNeverPull");
}

TEST(worker, configProblems) {
  Fixture f(
      R"({containers: [{name: web, image: 'app:1', env: [{name: A, valueFrom: {configMapKeyRef: {name: c, key: k}}}]}]})");
  f.begin();
  f.after(seconds(1));
  EXPECT_EQ(f.state(), "Pending web=waiting:CreateContainerConfigError");
  EXPECT_EQ(f.api.status["containerStatuses"][size_t{0}]["state"]["waiting"]["message"].text(),
            "configmap \"c\" not found");
  f.cluster.config_maps["c"] = yaml("{data: {k: v}}");
  f.after(seconds(15));
  EXPECT_EQ(f.state(), "Running web=running:-,ready");
}

TEST(worker, missingVolumeObjects) {
  Fixture f(
      R"({volumes: [{name: v, secret: {secretName: s}}], containers: [{name: web, image: 'app:1'}]})");
  f.begin();
  f.after(seconds(1));
  EXPECT_EQ(f.state(), "Pending web=waiting:ContainerCreating");
  EXPECT_TRUE(f.events.has(
      "FailedMount: MountVolume.SetUp failed for volume \"v\" : secret \"s\" not found"));
  f.cluster.secrets["s"] = yaml("{data: {k: dg==}}");
  f.after(seconds(10));
  EXPECT_EQ(f.state(), "Running web=running:-,ready");
  EXPECT_EQ(f.volumes.files["/data/pods/u1/volumes/secret/v/k"], "v");
  f.cluster.secrets["s"] = yaml("{data: {k: dzI=}}");
  f.worker->objectsChanged();
  f.after(millis(10));
  EXPECT_EQ(f.volumes.files["/data/pods/u1/volumes/secret/v/k"], "w2");
}

TEST(worker, tokensAreRenewedAtFourFifths) {
  Fixture f(
      R"({volumes: [{name: t, projected: {sources: [{serviceAccountToken: {path: token, audience: x, expirationSeconds: 1000}}]}}],
               containers: [{name: web, image: 'app:1'}]})");
  f.begin();
  f.after(seconds(790));
  EXPECT_EQ(f.volumes.files["/data/pods/u1/volumes/projected/t/token"], "token-x-1");
  f.after(seconds(20));
  EXPECT_EQ(f.volumes.files["/data/pods/u1/volumes/projected/t/token"], "token-x-2");
  EXPECT_EQ(f.api.tokens, 2);
}

TEST(worker, probes) {
  Fixture f(R"({containers: [{name: web, image: 'app:1',
      startupProbe: {exec: {command: [up]}, periodSeconds: 1, failureThreshold: 30},
      readinessProbe: {exec: {command: [ready]}, periodSeconds: 1},
      livenessProbe: {exec: {command: [alive]}, periodSeconds: 1, failureThreshold: 2}}]})");
  bool up = false, ready = false, alive = true;
  f.cri.onExec([&](const cri::ContainerConfig&, const std::vector<std::string>& c) {
    const bool ok = c[0] == "up" ? up : c[0] == "ready" ? ready : alive;
    return cri::ExecResult{ok ? 0 : 1, "", ok ? "" : "no"};
  });
  f.begin();
  f.after(seconds(5));
  EXPECT_EQ(f.state(), "Running web=running:-");
  EXPECT_FALSE(f.api.status["containerStatuses"][size_t{0}]["started"].boolean(true));
  EXPECT_TRUE(f.events.has("Unhealthy: Startup probe failed: no"));
  up = true;
  f.after(seconds(2));
  EXPECT_TRUE(f.api.status["containerStatuses"][size_t{0}]["started"].boolean());
  EXPECT_EQ(f.state(), "Running web=running:-");
  ready = true;
  f.after(seconds(2));
  EXPECT_EQ(f.state(), "Running web=running:-,ready");
  ready = false;
  f.after(seconds(2));
  EXPECT_EQ(f.state(), "Running web=running:-,ready");  // two failures of three
  f.after(seconds(2));
  EXPECT_EQ(f.state(), "Running web=running:-");
  alive = false;
  f.after(millis(3500));
  EXPECT_TRUE(f.events.has("Killing: Container web failed liveness probe, will be restarted"));
  alive = true;
  f.after(seconds(3));
  EXPECT_EQ(f.api.status["containerStatuses"][size_t{0}]["restartCount"].integer(), 1);
}

TEST(worker, probesOfOnePeriodShareMoments) {
  std::string containers;
  for (int i = 0; i < 12; ++i) {
    containers += cat("{name: c", i, ", image: 'app:1', livenessProbe: {initialDelaySeconds: ", i,
                      ", periodSeconds: 7, exec: {command: [c", i, "]}}}, ");
  }
  Fixture f(cat("{containers: [", containers, "]}"));
  std::map<std::string, std::vector<int64_t>> asked;
  f.cri.onExec([&](const cri::ContainerConfig&, const std::vector<std::string>& c) {
    asked[c[0]].push_back(f.world.loop.clock().now().ns);
    return cri::ExecResult{};
  });
  f.begin();
  f.after(minutes(2));
  std::set<int64_t> moments;
  for (const auto& [name, times] : asked) {
    ASSERT_TRUE(times.size() > 10);
    const int64_t first = times[1] - times[0];
    EXPECT_TRUE(first >= millis(3500).ns && first <= millis(10500).ns);
    for (size_t i = 2; i < times.size(); ++i) EXPECT_EQ(times[i] - times[i - 1], seconds(7).ns);
    moments.insert(times[1] % seconds(7).ns);
  }
  EXPECT_EQ(asked.size(), 12u);
  EXPECT_TRUE(moments.size() <= 4);
}

TEST(worker, preStopSharesTheGracePeriod) {
  Fixture f(
      R"({containers: [{name: web, image: 'stubborn:1', lifecycle: {preStop: {sleep: {seconds: 4}}}}]})");
  f.begin();
  f.after(seconds(1));
  f.remove(10);
  f.after(seconds(9));
  EXPECT_FALSE(f.finished);
  f.after(seconds(2));
  EXPECT_TRUE(f.finished);
  EXPECT_TRUE(std::ranges::find(f.cri.calls(), "stop web 6") != f.cri.calls().end());
}

TEST(worker, deletedWhileStarting) {
  Fixture f("{containers: [{name: web, image: 'app:1'}, {name: b, image: 'app:1'}]}");
  f.begin();
  f.after(millis(60));
  f.remove(0);
  f.after(seconds(5));
  EXPECT_TRUE(f.finished);
  EXPECT_EQ(f.cri.runningContainers(), 0u);
}

// The agent starts anew over a runtime that goes on: nothing is started, stopped or counted.
TEST(worker, adoption) {
  Fixture f("{containers: [{name: web, image: 'app:1'}]}");
  f.begin();
  f.after(seconds(5));
  const auto calls = f.cri.calls().size();
  f.worker.reset();
  doc::Draft d(f.object);
  d["status"] = f.api.status;
  f.object = d.finish();
  f.worker = std::make_unique<PodWorker>(f.context, f.object, [] {});
  f.after(seconds(60));
  EXPECT_EQ(f.state(), "Running web=running:-,ready");
  EXPECT_EQ(f.cri.calls().size(), calls);
}

// The node's namespaces were killed: the sandbox is made anew, and that counts as a restart.
TEST(worker, afterALossOfTheNode) {
  Fixture f(
      "{initContainers: [{name: i, image: 'once:1'}], containers: [{name: web, image: 'app:1'}]}");
  f.begin();
  f.after(seconds(5));
  f.cri.loseEverything();
  f.worker->relist();
  f.after(seconds(5));
  EXPECT_EQ(f.state(), "Running i=terminated:Completed,ready,1 web=running:-,ready,1");
  EXPECT_TRUE(f.events.has("SandboxChanged"));
  EXPECT_EQ(f.cri.sandboxConfig("web-0").attempt, 1u);
}

TEST(worker, sandboxFailuresAreRetriedUnderANewName) {
  Fixture f("{containers: [{name: web, image: 'app:1'}]}");
  f.cri.failNext("runSandbox", Error(Code::kInternal, "no network"));
  f.begin();
  f.after(seconds(3));
  EXPECT_TRUE(f.events.has("FailedCreatePodSandBox: Failed to create pod sandbox: no network"));
  EXPECT_EQ(f.state(), "Running web=running:-,ready");
  EXPECT_EQ(f.cri.sandboxConfig("web-0").attempt, 1u);
}

TEST(worker, deadline) {
  Fixture f("{activeDeadlineSeconds: 20, containers: [{name: web, image: 'app:1'}]}");
  f.begin();
  f.after(seconds(10));
  EXPECT_EQ(f.state(), "Running web=running:-,ready");
  f.after(seconds(15));
  EXPECT_EQ(f.state(), "Failed web=terminated:Error");
  EXPECT_EQ(f.api.status["reason"].text(), "DeadlineExceeded");
}

}  // namespace
}  // namespace meshka::node
