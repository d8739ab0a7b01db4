// The whole agent on an API server and a runtime in memory, in virtual time.
#include "node/agent.h"

#include <algorithm>

#include "base/test/test.h"
#include "doc/yaml.h"
#include "node/cri/fake_cri.h"
#include "node/test/memory_api.h"
#include "node/volumes/fake_volume_host.h"
#include "sim/world.h"

namespace meshka::node {
namespace {

using testing::MemoryApi;

doc::Doc yaml(std::string_view text) {
  auto d = doc::parseYamlDocument(text);
  EXPECT_OK(d);
  return d ? *d : doc::Doc();
}

struct Fixture {
  Fixture() : world(3), api(world.loop), cri(world.loop) {
    config.node_name = "node-1";
    config.host_ip = "100.64.77.2";
    config.data_dir = "/data";
    config.log_dir = "/logs";
    config.cluster_dns = "10.96.0.10";
    config.cpus = 2;
    config.memory_bytes = 8LL << 30;
    config.network = {.node_name = "node-1",
                      .pod_cidr = "10.244.0.0/16",
                      .service_cidr = "10.96.0.0/16",
                      .lb_cidr = "198.18.0.0/20",
                      .node_ips = {"100.64.77.2"}};
    cri.addImage("docker.io/library/app:1");
    world.runtime.onRun("nft", [this](const io::ProcessSpec& spec, Duration& took) {
      took = millis(5);
      programs.push_back(spec.stdin_bytes);
      io::ProcessResult r;
      if (refuse_next) {
        refuse_next = false;
        r.exit_code = 1;
        r.err = "no";
      }
      return r;
    });
    api.put("namespaces", "", yaml("metadata: {name: default}"));
  }
  void begin() {
    agent = std::make_unique<NodeAgent>(world.world(), api, cri, volumes, config);
    agent->start();
  }
  void pod(
      const std::string& name,
      std::string_view spec = "{nodeName: node-1, containers: [{name: web, image: 'app:1'}]}") {
    doc::Draft d = doc::Draft::object();
    d["metadata"]["name"] = name;
    d["spec"] = yaml(spec);
    api.put("pods", "default", d.finish());
  }
  std::string phase(const std::string& name) {
    return std::string(api.find("pods", "default", name)["status"]["phase"].text("-"));
  }
  bool ready(const std::string& name) {
    for (const doc::Value c :
         api.find("pods", "default", name)["status"]["conditions"].elements()) {
      if (c["type"].text() == "Ready") return c["status"].text() == "True";
    }
    return false;
  }
  void after(Duration d) { world.loop.advance(d); }

  sim::SimWorld world;
  NodeConfig config;
  MemoryApi api;
  cri::FakeCri cri;
  FakeVolumeHost volumes;
  std::vector<std::string> programs;
  bool refuse_next = false;
  std::unique_ptr<NodeAgent> agent;
};

TEST(agent, registersTheNode) {
  Fixture f;
  f.begin();
  f.after(seconds(2));
  EXPECT_TRUE(f.agent->ready());
  const doc::Doc node = f.api.find("nodes", "", "node-1");
  EXPECT_EQ(node["status"]["capacity"]["cpu"].text(), "2");
  EXPECT_EQ(node["status"]["allocatable"]["cpu"].text(), "20");
  EXPECT_EQ(node["status"]["allocatable"]["memory"].text(), "33554432Ki");
  EXPECT_EQ(node["status"]["images"].size(), 1u);
  EXPECT_EQ(node["status"]["conditions"][size_t{3}]["status"].text(), "True");
  const auto lease = [&] {
    return std::string(
        f.api.find("leases", "kube-node-lease", "node-1")["spec"]["renewTime"].text());
  };
  const std::string first = lease();
  EXPECT_FALSE(first.empty());
  const uint64_t writes = f.api.writes();
  f.after(seconds(100));
  EXPECT_EQ(f.api.writes() - writes, 10u);  // an idle node renews its lease and does nothing else
  EXPECT_TRUE(lease() > first);
}

TEST(agent, runsItsPodsAndNoOthers) {
  Fixture f;
  f.pod("early");
  f.begin();
  f.after(seconds(2));
  f.pod("late");
  f.pod("elsewhere", "{nodeName: node-2, containers: [{name: web, image: 'app:1'}]}");
  f.after(seconds(2));
  EXPECT_EQ(f.phase("early"), "Running");
  EXPECT_EQ(f.phase("late"), "Running");
  EXPECT_EQ(f.phase("elsewhere"), "-");
  EXPECT_TRUE(f.ready("late"));
  EXPECT_EQ(f.agent->counters().pods, 2u);
  EXPECT_TRUE(f.api.count("events") >= 6);
  f.api.deletePod("default", "early", 30);
  f.after(seconds(2));
  EXPECT_EQ(f.api.count("pods"), 2u);
  EXPECT_EQ(f.agent->counters().pods, 1u);
  EXPECT_EQ(f.world.log.errors(), 0u);
}

TEST(agent, startsAFewAtATime) {
  Fixture f;
  for (int i = 0; i < 20; ++i) f.pod(cat("p", i));
  f.begin();
  size_t most = 0;
  for (int i = 0; i < 200; ++i) {
    f.after(millis(20));
    most = std::max(most, f.agent->counters().starting);
  }
  EXPECT_EQ(most, 3u);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(f.ready(cat("p", i)));
}

TEST(agent, aPodOfTheSameNameIsAnotherPod) {
  Fixture f;
  f.begin();
  f.pod("web");
  f.after(seconds(2));
  f.api.erase("pods", "default", "web");  // forced
  f.pod("web");
  f.after(seconds(5));
  EXPECT_TRUE(f.ready("web"));
  EXPECT_EQ(f.cri.runningContainers(), 1u);
  EXPECT_EQ(f.agent->counters().pods, 1u);
}

TEST(agent, orphansAreRemovedAndPodsAdopted) {
  Fixture f;
  f.begin();
  f.pod("stays");
  f.pod("goes");
  f.after(seconds(2));
  f.agent.reset();
  f.api.erase("pods", "default", "goes");
  const std::string left = "/data/pods/forgotten";
  EXPECT_OK(f.world.loop.run(f.world.disk.makeDirectories(left)));
  const size_t calls = f.cri.calls().size();
  f.begin();
  f.after(seconds(2));
  EXPECT_EQ(f.cri.runningContainers(), 1u);
  EXPECT_TRUE(f.ready("stays"));
  EXPECT_TRUE(std::ranges::find(f.volumes.removed, left) != f.volumes.removed.end());
  for (size_t i = calls; i < f.cri.calls().size(); ++i)
    EXPECT_FALSE(f.cri.calls()[i].starts_with("create"));
}

TEST(agent, theRuntimeRestarts) {
  Fixture f;
  f.begin();
  f.pod("web");
  f.after(seconds(2));
  f.cri.restart();
  f.after(millis(100));
  f.cri.kill("web");  // nobody is told
  f.after(seconds(3));
  EXPECT_TRUE(f.ready("web"));
  EXPECT_EQ(
      f.api.find("pods", "default", "web")["status"]["containerStatuses"][size_t{0}]["restartCount"]
          .integer(),
      1);
}

TEST(agent, missingObjectsArrive) {
  Fixture f;
  f.begin();
  f.pod("web",
        "{nodeName: node-1, volumes: [{name: v, configMap: {name: c}}], containers: [{name: web, "
        "image: 'app:1'}]}");
  f.after(seconds(20));
  EXPECT_FALSE(f.ready("web"));
  f.api.put("configmaps", "default", yaml("{metadata: {name: c}, data: {k: v}}"));
  f.after(seconds(1));  // at once, not at the end of the back-off
  EXPECT_TRUE(f.ready("web"));
}

TEST(agent, rulesFollowServices) {
  Fixture f;
  f.begin();
  f.after(seconds(1));
  ASSERT_EQ(f.programs.size(), 1u);
  EXPECT_CONTAINS(f.programs[0], "delete table ip meshka");
  f.api.put("services", "default",
            yaml("{metadata: {name: web}, spec: {clusterIP: 10.96.0.5, ports: [{port: 80}]}}"));
  f.api.put("endpointslices", "default",
            yaml("{metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}, ports: "
                 "[{port: 8080}], endpoints: [{addresses: [10.244.0.9]}]}"));
  f.after(seconds(1));
  ASSERT_EQ(f.programs.size(), 2u);  // one transaction for both
  EXPECT_CONTAINS(f.programs[1], "10.96.0.5 . tcp . 80 : goto svc/default/web/tcp/80");
  EXPECT_EQ(f.programs[1].find("delete table"), std::string::npos);
  f.refuse_next = true;
  f.api.erase("services", "default", "web");
  f.after(seconds(1));
  ASSERT_EQ(f.programs.size(), 4u);  // refused, then replaced whole
  EXPECT_CONTAINS(f.programs[3], "delete table");
  EXPECT_TRUE(f.agent->ready());
}

TEST(agent, loadBalancerAddresses) {
  Fixture f;
  f.begin();
  const auto service = [&](const std::string& name, const std::string& more = "") {
    f.api.put("services", "default",
              yaml(cat("{metadata: {name: ", name,
                       "}, spec: {type: LoadBalancer, clusterIP: 10.96.0.7", more, "}}")));
  };
  const auto address = [&](const std::string& name) {
    return std::string(
        f.api
            .find("services", "default", name)["status"]["loadBalancer"]["ingress"][size_t{0}]["ip"]
            .text());
  };
  service("a");
  service("b");
  f.after(seconds(1));
  EXPECT_EQ(address("a"), "198.18.0.2");
  EXPECT_EQ(address("b"), "198.18.0.3");
  f.api.erase("services", "default", "a");
  service("c");
  service("wish", ", loadBalancerIP: 10.0.0.1");
  f.after(seconds(1));
  EXPECT_EQ(address("c"), "198.18.0.2");
  EXPECT_EQ(address("wish"), "");
  doc::Draft b(f.api.find("services", "default", "b"));
  b["spec"]["type"] = "ClusterIP";
  f.api.put("services", "default", b.finish());
  f.after(seconds(1));
  EXPECT_EQ(address("b"), "");
}

}  // namespace
}  // namespace meshka::node
