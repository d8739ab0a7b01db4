// Installing, registering and removing between two API servers in memory, under virtual time.
#include <algorithm>

#include "base/test/test.h"
#include "client/collection.h"
#include "client/fake_api_client.h"
#include "doc/json.h"
#include "io/async.h"
#include "mgmt/chart/chart.h"
#include "mgmt/lifecycle/check.h"
#include "mgmt/lifecycle/install.h"
#include "mgmt/lifecycle/limits.h"
#include "mgmt/lifecycle/register.h"
#include "mgmt/lifecycle/resources.h"
#include "mgmt/lifecycle/wait.h"
#include "net/pki.h"
#include "sim/world.h"

using namespace meshka;
using namespace meshka::mgmt;
using client::FakeApiClient;
using client::PatchType;
using doc::Doc;
using doc::Draft;

namespace {

class Lines final : public Progress {
 public:
  void step(const std::string& line) override { text += line + "\n"; }
  void done(const std::string& line, Duration) override { text += line + "\n"; }
  void warn(const std::string& line) override { text += "warning: " + line + "\n"; }
  std::string text;
};

Doc json(std::string_view text) {
  auto parsed = doc::parseJson(text);
  EXPECT_OK(parsed);
  return parsed ? *parsed : Doc();
}

// Does what controllers do: Deployments become available, Services get an address, definitions are
// established, clusters connected.
class Controllers final : client::CollectionHandler {
 public:
  Controllers(sim::SimWorld& sim, FakeApiClient& api, bool healthy)
      : api_(api), world_(sim.world()), tasks_(sim.loop, 1000), healthy_(healthy) {
    for (const client::Resource& r : {resources::deployments(), resources::services(),
                                      resources::crds(), resources::kubernetesClusters()}) {
      collections_.push_back(client::makeCollection(sim.loop, world_.rng, world_.log, api, r));
      collections_.back()->addHandler(*this);
    }
  }
  ~Controllers() override {
    for (const auto& c : collections_) c->removeHandler(*this);
  }

 private:
  void onChange(const client::ObjectKey& key, const Doc& before, const Doc& after) override {
    if (before.exists() || !after.exists()) return;
    const std::string_view kind = after["kind"].text();
    if (kind == "CustomResourceDefinition")
      return write(resources::crds(), key,
                   R"({"status":{"conditions":[{"type":"Established","status":"True"}]}})");
    if (!healthy_) return;
    if (kind == "Deployment")
      write(resources::deployments(), key,
            R"({"status":{"observedGeneration":99,"replicas":1,"updatedReplicas":1,
                "readyReplicas":1,"availableReplicas":1}})");
    if (kind == "Service")
      write(resources::services(), key,
            R"({"status":{"loadBalancer":{"ingress":[{"ip":"198.18.0.1"}]}}})");
    if (kind == "KubernetesCluster")
      write(resources::kubernetesClusters(), key,
            R"({"status":{"connected":true,"generic":{"state":"ACCEPTED"}}})");
  }
  void write(const client::Resource& r, const client::ObjectKey& key, std::string_view status) {
    (void)tasks_.spawn(put(r, key, json(status)));
  }
  io::Task<void> put(client::Resource r, client::ObjectKey key, Doc status) {
    (void)co_await api_.subresource("PATCH", r, key.ns, key.name, "status", status, kNever);
  }

  FakeApiClient& api_;
  io::World world_;
  io::Group tasks_;
  bool healthy_;
  std::vector<std::unique_ptr<client::Collection>> collections_;
};

struct Fixture {
  explicit Fixture(bool healthy = true)
      : sim(1),
        world(sim.world()),
        mgmt(sim.loop, world.rng),
        remote(sim.loop, world.rng),
        mgmt_controllers(sim, mgmt, healthy),
        remote_controllers(sim, remote, healthy) {}

  Result<void> install(bool insecure) {
    ServerChart chart;
    chart.version = "2.0.0";
    chart.values.insecure = insecure;
    return sim.loop.run(installManagement(world, mgmt, chart, lines));
  }
  Result<void> join(std::string name, std::string address = "198.18.0.1:9900") {
    RegisterRequest request;
    request.ns = "gloo-mesh";
    request.given_name = std::move(name);
    request.relay_address = std::move(address);
    return sim.loop.run(registerCluster(world, mgmt, remote, request, lines));
  }
  Doc secret(FakeApiClient& api, std::string_view name) {
    return api.find(resources::secrets(), "gloo-mesh", name);
  }
  static std::string decoded(doc::Value object, std::string_view key) {
    return base64Decode(object["data"][key].text()).value_or("");
  }

  sim::SimWorld sim;
  io::World world;
  FakeApiClient mgmt, remote;
  Controllers mgmt_controllers, remote_controllers;
  Lines lines;
};

TEST(Install, IsIdempotentAndKeepsTheRelaysSecrets) {
  Fixture f;
  ASSERT_OK(f.install(true));
  EXPECT_CONTAINS(f.lines.text, "custom resource definitions: 38 created");
  EXPECT_CONTAINS(f.lines.text, "deployment gloo-mesh-ui ready");
  EXPECT_CONTAINS(f.lines.text, "relay address: 198.18.0.1:9900");
  const Doc token = f.secret(f.mgmt, kTokenSecret);
  const Doc root = f.secret(f.mgmt, kRootTlsSecret);
  const Doc server = f.mgmt.find(resources::deployments(), "gloo-mesh", kServerName);
  f.lines.text.clear();
  ASSERT_OK(f.install(true));
  EXPECT_CONTAINS(f.lines.text, "38 updated");
  EXPECT_CONTAINS(f.lines.text, "token: kept");
  EXPECT_TRUE(f.secret(f.mgmt, kTokenSecret) == token);
  EXPECT_TRUE(f.secret(f.mgmt, kRootTlsSecret) == root);
  EXPECT_TRUE(f.mgmt.find(resources::deployments(), "gloo-mesh", kServerName) == server);
}

TEST(Install, TheRelaysCertificatesFitTogether) {
  Fixture f;
  ASSERT_OK(f.install(false));
  const std::string root = f.decoded(f.secret(f.mgmt, kRootTlsSecret), "ca.crt");
  const WallTime now = f.world.clock().wall();
  const auto server =
      net::parseCertificatesPem(f.decoded(f.secret(f.mgmt, kServerTlsSecret), "tls.crt"));
  ASSERT_OK(server);
  EXPECT_OK(net::verifyChain({(*server)[0].der}, root, net::Usage::kServer,
                             "gloo-mesh-mgmt-server.gloo-mesh", now));
  const Doc signing = f.secret(f.mgmt, kSigningTlsSecret);
  const auto authority =
      net::Authority::fromPem(f.decoded(signing, "tls.crt"), f.decoded(signing, "tls.key"));
  ASSERT_OK(authority);
  EXPECT_TRUE(authority->certificate().is_ca);
  // A lost one is made again under the same root; the others stay.
  ASSERT_OK(f.sim.loop.run(
      f.mgmt.remove(resources::secrets(), "gloo-mesh", std::string(kServerTlsSecret), {}, kNever)));
  f.lines.text.clear();
  ASSERT_OK(f.install(false));
  EXPECT_CONTAINS(f.lines.text, "token: 1 secrets created");
  const auto again =
      net::parseCertificatesPem(f.decoded(f.secret(f.mgmt, kServerTlsSecret), "tls.crt"));
  ASSERT_OK(again);
  EXPECT_OK(net::verifyChain({(*again)[0].der}, root, net::Usage::kServer, "", now));
}

TEST(Install, SaysWhichPodKeepsItWaiting) {
  Fixture f(false);
  const Doc pod = json(R"({"metadata":{"name":"gloo-mesh-mgmt-server-x","namespace":"gloo-mesh",
      "labels":{"app":"gloo-mesh-mgmt-server"}},"status":{"containerStatuses":[{"name":"server",
      "state":{"waiting":{"reason":"ImagePullBackOff","message":"no such image"}}}]}})");
  ASSERT_OK(f.sim.loop.run(f.mgmt.create(resources::pods(), "gloo-mesh", pod, kNever)));
  const Instant begin = f.world.clock().now();
  const auto installed = f.install(true);
  ASSERT_TRUE(!installed.has_value());
  EXPECT_EQ(toString(installed.error().code()), toString(Code::kTimeout));
  EXPECT_CONTAINS(installed.error().message(),
                  "pod gloo-mesh-mgmt-server-x: container server: ImagePullBackOff: no such image");
  EXPECT_CONTAINS(f.lines.text, "waiting for gloo-mesh-mgmt-server, gloo-mesh-redis");
  // An image does not come into being by waiting.
  EXPECT_TRUE(f.world.clock().now() - begin < seconds(30));
}

TEST(Register, FindsOutThatTheServerIsInsecure) {
  Fixture f;
  ASSERT_OK(f.install(true));
  ASSERT_OK(f.join("vcluster_cluster1_cluster1"));
  const Doc cluster =
      f.mgmt.find(resources::kubernetesClusters(), "gloo-mesh", "vcluster-cluster1-cluster1");
  EXPECT_EQ(cluster["metadata"]["annotations"]["mesh.alias"].text(), "vcluster_cluster1_cluster1");
  const Doc agent = f.remote.find(resources::deployments(), "gloo-mesh", kAgentName);
  EXPECT_CONTAINS(doc::toJson(agent), "\"--insecure\"");
  EXPECT_EQ(f.remote.count(resources::secrets()), 0u);
  EXPECT_CONTAINS(f.lines.text, "(typed \"vcluster_cluster1_cluster1\")");
  ASSERT_OK(f.join("vcluster_cluster1_cluster1"));  // again: an update
  ASSERT_OK(f.join("other"));
  EXPECT_CONTAINS(f.lines.text, "was registered as vcluster-cluster1-cluster1");
}

TEST(Register, WithTlsTheTokenGoesAfterTheCertificateCame) {
  Fixture f;
  ASSERT_OK(f.install(false));
  const auto missing = f.join("cluster-1");  // nobody signs here
  ASSERT_TRUE(!missing.has_value());
  EXPECT_CONTAINS(missing.error().message(), "the agent did not connect to 198.18.0.1:9900");
  EXPECT_CONTAINS(missing.error().message(), "the agent was removed again");
  EXPECT_EQ(f.remote.count(resources::secrets()), 0u);
  const Doc issued = json(R"({"metadata":{"name":"relay-client-tls-secret","namespace":"gloo-mesh"},
      "data":{"tls.crt":"eA=="}})");
  ASSERT_OK(f.sim.loop.run(f.remote.create(resources::secrets(), "gloo-mesh", issued, kNever)));
  ASSERT_OK(f.join("cluster-1"));
  const Doc root = f.secret(f.remote, kRootTlsSecret);
  EXPECT_FALSE(root["data"]["tls.key"].exists());
  EXPECT_EQ(f.decoded(root, "ca.crt"), f.decoded(f.secret(f.mgmt, kRootTlsSecret), "ca.crt"));
  EXPECT_FALSE(f.secret(f.remote, kTokenSecret).exists());
}

TEST(Register, AnotherRootIsNotOverwritten) {
  Fixture f;
  ASSERT_OK(f.install(false));
  const Doc stale = json(R"({"metadata":{"name":"relay-root-tls-secret","namespace":"gloo-mesh"},
      "data":{"ca.crt":"eA=="}})");
  ASSERT_OK(f.sim.loop.run(f.remote.create(resources::secrets(), "gloo-mesh", stale, kNever)));
  const auto refused = f.join("cluster-1");
  ASSERT_TRUE(!refused.has_value());
  EXPECT_CONTAINS(refused.error().message(), "holds another root");
  EXPECT_EQ(f.secret(f.remote, kRootTlsSecret)["data"]["ca.crt"].text(), "eA==");
}

TEST(Register, Refuses) {
  Fixture f;
  const auto none = f.join("cluster-1");
  ASSERT_TRUE(!none.has_value());
  EXPECT_CONTAINS(none.error().message(), "no management server in namespace gloo-mesh");
  struct Row {
    const char* name;
    const char* address;
    const char* part;
  };
  constexpr Row kRows[] = {{"cluster 1", "1.2.3.4:9900", "such as \"cluster-1\""},
                           {"c", ":9900", "the host is missing"},
                           {"c", ":", "the host is missing"},
                           {"c", "1.2.3.4", "the port is missing"},
                           {"c", "1.2.3.4:http", "the port must be"},
                           {"c", "https://1.2.3.4:9900", "it must not be a URL"}};
  for (const Row& row : kRows) {
    const auto refused = f.join(row.name, row.address);
    ASSERT_TRUE(!refused.has_value());
    EXPECT_EQ(toString(refused.error().code()), toString(Code::kInvalid));
    EXPECT_CONTAINS(refused.error().message(), row.part);
  }
  EXPECT_EQ(f.remote.writes(), 0u);
}

TEST(Register, AnAgentThatDoesNotConnectIsExplained) {
  Fixture f;
  ASSERT_OK(f.install(true));
  ASSERT_OK(f.join("cluster-1"));
  const Doc lost = json(R"({"status":{"connected":false,
      "generic":{"state":"WARNING","message":"no agent has connected yet"}}})");
  ASSERT_OK(f.sim.loop.run(f.mgmt.subresource("PATCH", resources::kubernetesClusters(), "gloo-mesh",
                                              "cluster-1", "status", lost, kNever)));
  const auto registered = f.join("cluster-1", "198.18.9.9:9900");
  ASSERT_TRUE(!registered.has_value());
  EXPECT_CONTAINS(registered.error().message(), "did not connect to 198.18.9.9:9900");
  EXPECT_CONTAINS(registered.error().message(), "no agent has connected yet");
  // It was registered before: that stays.
  EXPECT_EQ(f.remote.count(resources::deployments()), 1u);
  EXPECT_EQ(f.mgmt.count(resources::kubernetesClusters()), 1u);
}

TEST(Register, AFirstOneThatFailsIsTakenBack) {
  Fixture f(false);
  (void)f.install(true);
  const auto registered = f.join("cluster-1", "198.18.9.9:9900");
  ASSERT_TRUE(!registered.has_value());
  EXPECT_CONTAINS(registered.error().message(), "relay address 198.18.9.9:9900 does not answer");
  EXPECT_CONTAINS(registered.error().message(), "the agent was removed again");
  EXPECT_EQ(f.remote.count(resources::deployments()), 0u);
  EXPECT_EQ(f.remote.count({"rbac.authorization.k8s.io", "v1", "clusterroles"}), 0u);
  EXPECT_EQ(f.mgmt.count(resources::kubernetesClusters()), 0u);
}

TEST(Deregister, RemovesTheAgentAndWhatWasGenerated) {
  Fixture f;
  ASSERT_OK(f.install(true));
  ASSERT_OK(f.join("cluster_1"));
  const client::Resource entries{"networking.istio.io", "v1beta1", "serviceentries"};
  const auto entry = [](std::string_view name, std::string_view by) {
    return json(cat(R"({"metadata":{"name":")", name, R"(","namespace":"shop","labels":{)",
                    R"("reconciler.mesh.gloo.solo.io/name":")", by, R"("}}})"));
  };
  ASSERT_OK(f.sim.loop.run(f.remote.create(entries, "shop", entry("ours", "translator"), kNever)));
  ASSERT_OK(f.sim.loop.run(f.remote.create(entries, "shop", entry("theirs", "me"), kNever)));
  ASSERT_OK(f.sim.loop.run(
      deregisterCluster(f.world, f.mgmt, f.remote, {"gloo-mesh", "cluster_1", false}, f.lines)));
  EXPECT_EQ(f.remote.count(resources::deployments()), 0u);
  EXPECT_EQ(f.mgmt.count(resources::kubernetesClusters()), 0u);
  EXPECT_EQ(f.remote.count(entries), 1u);
  EXPECT_TRUE(f.remote.find(entries, "shop", "theirs").exists());
  const auto again = f.sim.loop.run(
      deregisterCluster(f.world, f.mgmt, f.remote, {"gloo-mesh", "cluster_1", false}, f.lines));
  ASSERT_TRUE(!again.has_value());
  EXPECT_CONTAINS(again.error().message(), "\"cluster-1\" is not registered");
}

TEST(Deregister, AnOldNameLeavesTheAgentAlone) {
  Fixture f;
  ASSERT_OK(f.install(true));
  ASSERT_OK(f.join("old"));
  ASSERT_OK(f.join("new"));
  ASSERT_OK(f.sim.loop.run(
      deregisterCluster(f.world, f.mgmt, f.remote, {"gloo-mesh", "old", false}, f.lines)));
  EXPECT_CONTAINS(f.lines.text, "the agent stays, it is registered as new");
  EXPECT_EQ(f.remote.count(resources::deployments()), 1u);
  EXPECT_TRUE(f.mgmt.find(resources::kubernetesClusters(), "gloo-mesh", "new").exists());
  EXPECT_FALSE(f.mgmt.find(resources::kubernetesClusters(), "gloo-mesh", "old").exists());
}

Grade worst(const std::vector<Section>& sections) {
  Grade out = Grade::kGreen;
  for (const Section& section : sections) out = std::max(out, section.grade);
  return out;
}

TEST(Check, IsRedOnlyWhenSomethingIsBroken) {
  Fixture f;
  const auto check = [&f] {
    auto sections = f.sim.loop.run(checkInstallation(f.world, f.mgmt, "gloo-mesh"));
    EXPECT_OK(sections);
    return sections ? *sections : std::vector<Section>();
  };
  EXPECT_TRUE(worst(check()) == Grade::kRed);  // nothing is installed
  ASSERT_OK(f.install(false));
  EXPECT_TRUE(worst(check()) == Grade::kYellow);  // no cluster
  const Doc down = json(R"({"status":{"availableReplicas":0}})");
  ASSERT_OK(f.sim.loop.run(f.mgmt.subresource("PATCH", resources::deployments(), "gloo-mesh",
                                              "gloo-mesh-ui", "status", down, kNever)));
  const std::vector<Section> broken = check();
  EXPECT_TRUE(worst(broken) == Grade::kRed);
  std::string notes;
  for (const Section& section : broken) notes += join(section.notes, "\n");
  EXPECT_CONTAINS(notes, "gloo-mesh-ui: deployment gloo-mesh-ui has no pod");
}

TEST(Uninstall, LeavesTheDefinitionsUnlessPurged) {
  Fixture f;
  ASSERT_OK(f.install(true));
  ASSERT_OK(f.sim.loop.run(uninstallManagement(f.world, f.mgmt, {"gloo-mesh", false}, f.lines)));
  EXPECT_EQ(f.mgmt.count(resources::deployments()), 0u);
  EXPECT_EQ(f.mgmt.count(resources::crds()), 38u);
  EXPECT_TRUE(f.secret(f.mgmt, kRootTlsSecret).exists());
  const auto again =
      f.sim.loop.run(uninstallManagement(f.world, f.mgmt, {"gloo-mesh", false}, f.lines));
  ASSERT_TRUE(!again.has_value());
  EXPECT_CONTAINS(again.error().message(), "nothing to uninstall");
  ASSERT_OK(f.sim.loop.run(uninstallManagement(f.world, f.mgmt, {"gloo-mesh", true}, f.lines)));
  EXPECT_EQ(f.mgmt.count(resources::crds()), 0u);
}

}  // namespace
