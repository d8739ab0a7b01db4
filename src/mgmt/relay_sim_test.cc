// Server and agents in one process under virtual time: registration, snapshots, outputs, and what
// a lost connection or a restart may not do.
#include "mgmt/test/plane.h"

using namespace meshka;
using namespace meshka::mgmt;
using namespace meshka::mgmt::test;

namespace {

constexpr const char* kService = R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"web",
  "labels":{"app":"web"}},"spec":{"selector":{"app":"web"},"ports":[{"port":80}]}})";

// One ServiceEntry in every cluster for each Service of any cluster.
TranslateOutput entries(const TranslateInput& input) {
  TranslateOutput out;
  for (const auto& [to, ignored] : input.clusters) {
    for (const auto& [from, snapshot] : input.clusters) {
      const auto found = snapshot.objects.find("services");
      if (found == snapshot.objects.end()) continue;
      for (const Doc& service : found->second) {
        doc::Draft entry = doc::Draft::object(
            {{"apiVersion", "networking.istio.io/v1beta1"}, {"kind", "ServiceEntry"}});
        const std::string name = cat(service["metadata"]["name"].text(), "-", from);
        entry["metadata"] = doc::Draft::object({{"name", name}, {"namespace", "default"}});
        doc::Draft labels = outputLabels(to, "default", "translator");
        labels["gloo.solo.io/parent_cluster"] = from;
        labels["gloo.solo.io/parent_group"] = "admin.gloo.solo.io";
        labels["gloo.solo.io/parent_kind"] = "WorkspaceSettings";
        labels["gloo.solo.io/parent_name"] = "settings";
        labels["gloo.solo.io/parent_namespace"] = "default";
        entry["metadata"]["labels"] = std::move(labels);
        entry["spec"] = doc::Draft::object(
            {{"hosts", doc::Draft::strings({name})}, {"ports", service["spec"]["ports"]}});
        out.objects[to].push_back(entry.finish());
      }
    }
    out.statuses.push_back({to, "workspacesettings.admin.gloo.solo.io", "default", "settings",
                            json(R"({"generic":{"state":"ACCEPTED","message":"fine"}})")});
  }
  return out;
}

struct TwoClusters : Plane {
  explicit TwoClusters(uint64_t seed = 1) : Plane(seed) {
    translation = &entries;
    for (const char* name : {"cluster-1", "cluster-2"}) {
      Workload& w = addCluster(name);
      define(w.api, "networking.istio.io", "v1beta1", "ServiceEntry", "serviceentries");
      make(w.api, services(), "default", kService);
    }
    startServer();
    for (auto& [name, w] : workloads) {
      startAgent(*w);
      registerCluster(name);
    }
    pass(seconds(10));
  }
  Workload& one() { return *workloads.at("cluster-1"); }
  Workload& two() { return *workloads.at("cluster-2"); }
  Doc entry(Workload& w, std::string_view name) {
    return w.api.find(serviceEntries(), "default", name);
  }
};

}  // namespace

TEST(Relay, AnUnregisteredAgentWaitsAndSaysWhy) {
  Plane p;
  p.startServer();
  Plane::Workload& w = p.addCluster("cluster-1");
  p.startAgent(w);
  p.pass(seconds(1));
  EXPECT_CONTAINS(w.agent->notReady(), "cluster \"cluster-1\" is not registered");
  EXPECT_CONTAINS(p.server->metrics(), "relay_unregistered_agents 2");
  EXPECT_TRUE(p.logged("an agent waits"));
  p.pass(minutes(2));  // waits on one stream, without dialing again
  p.registerCluster("cluster-1");
  p.pass(seconds(1));
  EXPECT_EQ(w.agent->notReady(), "");
  EXPECT_EQ(w.agent->uplink().connects(), 1u);
  EXPECT_EQ(p.clusterStatus("cluster-1")["generic"]["state"].text(), "ACCEPTED");
  EXPECT_EQ(p.clusterStatus("cluster-1")["connected"].boolean(), true);
  EXPECT_CONTAINS(p.server->metrics(), "relay_push_clients_warmed{cluster=\"cluster-1\"} 1");
  EXPECT_EQ(p.sim.log.errors(), 0u);
}

TEST(Relay, OutputsGoToEveryClusterAndFollowTheirInputs) {
  TwoClusters p;
  EXPECT_TRUE(p.entry(p.one(), "web-cluster-2").exists());
  EXPECT_TRUE(p.entry(p.two(), "web-cluster-1").exists());
  p.change(p.one().api, services(), "default", "web", R"({"spec":{"ports":[{"port":81}]}})");
  p.pass(seconds(1));
  EXPECT_EQ(p.entry(p.two(), "web-cluster-1")["spec"]["ports"][size_t{0}]["port"].integer(), 81);
  p.remove(p.one().api, services(), "default", "web");
  p.pass(seconds(1));
  EXPECT_FALSE(p.entry(p.two(), "web-cluster-1").exists());
  EXPECT_TRUE(p.entry(p.two(), "web-cluster-2").exists());
  // At rest nothing is written, though signs of life are exchanged.
  const size_t writes = p.one().api.writes() + p.two().api.writes() + p.mgmt.writes();
  p.pass(minutes(5));
  EXPECT_EQ(p.one().api.writes() + p.two().api.writes() + p.mgmt.writes(), writes);
  EXPECT_EQ(p.sim.log.errors(), 0u);
}

TEST(Relay, DriftIsRepairedAndForeignObjectsAreLeftAlone) {
  TwoClusters p;
  p.stopServer();  // repaired without the server too
  p.pass(seconds(1));
  p.change(p.two().api, serviceEntries(), "default", "web-cluster-1",
           R"({"spec":{"hosts":["x"]}})");
  p.pass(seconds(1));
  EXPECT_EQ(p.entry(p.two(), "web-cluster-1")["spec"]["hosts"][size_t{0}].text(), "web-cluster-1");
  p.remove(p.two().api, serviceEntries(), "default", "web-cluster-1");
  p.pass(seconds(1));
  EXPECT_TRUE(p.entry(p.two(), "web-cluster-1").exists());

  p.startServer();
  p.make(
      p.one().api, {"admin.gloo.solo.io", "v2", "workspacesettings"}, "default",
      R"({"apiVersion":"admin.gloo.solo.io/v2","kind":"WorkspaceSettings","metadata":{"name":"settings"},"spec":{}})");
  p.make(p.two().api, serviceEntries(), "default",
         R"({"apiVersion":"networking.istio.io/v1beta1","kind":"ServiceEntry",
             "metadata":{"name":"late-cluster-1"},"spec":{"hosts":["mine"]}})");
  p.make(p.one().api, services(), "default",
         R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"late"},"spec":{}})");
  p.pass(seconds(10));
  EXPECT_EQ(p.entry(p.two(), "late-cluster-1")["spec"]["hosts"][size_t{0}].text(), "mine");
  // The object that it was made from says so.
  const Doc status =
      p.one()
          .api
          .find({"admin.gloo.solo.io", "v2", "workspacesettings"}, "default", "settings")["status"]
          .doc();
  EXPECT_EQ(status["generic"]["state"].text(), "FAILED");
  EXPECT_CONTAINS(status["generic"]["message"].text(), "was not made by the management plane");
  // A server that is started anew says so too.
  p.stopServer();
  p.change(p.one().api, {"admin.gloo.solo.io", "v2", "workspacesettings"}, "default", "settings",
           R"({"metadata":{"labels":{"a":"b"}}})");
  p.startServer();
  p.pass(seconds(10));
  EXPECT_CONTAINS(p.server->metrics(), "gloo_mesh_outputs_failed{cluster=\"cluster-2\"} 1");
  // The foreign object goes: ours comes, and the status is well again.
  p.remove(p.two().api, serviceEntries(), "default", "late-cluster-1");
  p.pass(seconds(2));
  EXPECT_TRUE(p.entry(p.two(), "late-cluster-1")["metadata"]["labels"].exists());
  EXPECT_EQ(p.one()
                .api
                .find({"admin.gloo.solo.io", "v2", "workspacesettings"}, "default",
                      "settings")["status"]["generic"]["state"]
                .text(),
            "ACCEPTED");
}

TEST(Relay, AReconnectResumesWhereItEnded) {
  TwoClusters p;
  const uint64_t sent = p.one().agent->uplink().deltas();
  p.sim.fabric.cut("10.0.0.1", "10.0.1.1");
  p.change(p.one().api, services(), "default", "web", R"({"spec":{"ports":[{"port":82}]}})");
  p.pass(seconds(10));
  EXPECT_EQ(p.one().agent->uplink().connects(), 2u);
  EXPECT_EQ(p.one().agent->uplink().deltas(), sent + 1);  // not everything again
  EXPECT_EQ(p.entry(p.two(), "web-cluster-1")["spec"]["ports"][size_t{0}]["port"].integer(), 82);
}

TEST(Relay, APartitionIsNoticedByBothSides) {
  TwoClusters p;
  p.sim.fabric.partition("10.0.0.1", "10.0.1.1");
  p.pass(minutes(2));
  EXPECT_FALSE(p.one().agent->notReady().empty());
  EXPECT_EQ(p.clusterStatus("cluster-1")["connected"].boolean(true), false);
  EXPECT_TRUE(p.entry(p.one(), "web-cluster-2").exists());  // the last outputs stay
  EXPECT_TRUE(p.entry(p.two(), "web-cluster-1").exists());
  p.sim.fabric.heal();
  p.pass(seconds(30));
  EXPECT_EQ(p.one().agent->notReady(), "");
  EXPECT_EQ(p.clusterStatus("cluster-1")["connected"].boolean(), true);
}

// A server that comes back knows nothing, or only some of it, for a while.
TEST(Relay, ARestartDeletesNothing) {
  for (const bool kept : {true, false}) {
    TwoClusters p;
    const size_t writes = p.one().api.writes() + p.two().api.writes();
    p.stopServer();
    if (!kept) p.store.kept.clear();
    p.two().agent.reset();  // cluster-2 comes back later
    p.pass(seconds(5));
    p.startServer();
    p.pass(seconds(20));
    EXPECT_EQ(p.one().agent->notReady(), "");
    EXPECT_TRUE(p.entry(p.one(), "web-cluster-2").exists());
    p.startAgent(p.two());
    p.pass(seconds(20));
    EXPECT_TRUE(p.entry(p.one(), "web-cluster-2").exists());
    EXPECT_TRUE(p.entry(p.two(), "web-cluster-1").exists());
    EXPECT_EQ(p.one().api.writes() + p.two().api.writes(), writes);
    // Then it works as before: what became superfluous meanwhile goes.
    p.remove(p.two().api, services(), "default", "web");
    p.pass(seconds(5));
    EXPECT_FALSE(p.entry(p.one(), "web-cluster-2").exists());
  }
}

// Outputs of an earlier life that nobody wants any more go when everybody is warm, or after a
// while.
TEST(Relay, LeftoversGoWhenTheGraceIsOver) {
  TwoClusters p;
  p.stopServer();
  p.store.kept.clear();
  p.two().agent.reset();
  p.startServer();
  p.pass(seconds(20));
  EXPECT_TRUE(p.entry(p.one(), "web-cluster-2").exists());
  p.pass(seconds(20));  // cluster-2 does not come back
  EXPECT_FALSE(p.entry(p.one(), "web-cluster-2").exists());
  EXPECT_TRUE(p.entry(p.one(), "web-cluster-1").exists());
}

TEST(Relay, ARestartedAgentGetsItsOutputsAndRemovesOldOnes) {
  TwoClusters p;
  p.two().agent.reset();
  p.remove(p.one().api, services(), "default", "web");
  p.pass(seconds(5));
  EXPECT_TRUE(p.entry(p.two(), "web-cluster-1").exists());  // nobody there to remove it
  p.startAgent(p.two());
  p.pass(seconds(10));
  EXPECT_FALSE(p.entry(p.two(), "web-cluster-1").exists());
  EXPECT_TRUE(p.entry(p.two(), "web-cluster-2").exists());
}

TEST(Relay, ADeregisteredClusterIsForgotten) {
  TwoClusters p;
  p.remove(p.mgmt, kubernetesClusters(), "gloo-mesh", "cluster-2");
  p.pass(seconds(30));
  EXPECT_FALSE(p.entry(p.one(), "web-cluster-2").exists());
  EXPECT_FALSE(p.store.kept.contains("cluster-2"));
  EXPECT_CONTAINS(p.two().agent->notReady(), "is not registered");
}

TEST(Relay, KindsThatComeLaterAreUsed) {
  Plane p;
  p.translation = &entries;
  p.startServer();
  Plane::Workload& w = p.addCluster("cluster-1");
  p.make(w.api, services(), "default", kService);
  p.startAgent(w);
  p.registerCluster("cluster-1");
  p.pass(seconds(5));
  EXPECT_CONTAINS(p.server->metrics(), "gloo_mesh_outputs_failed{cluster=\"cluster-1\"} 1");
  p.define(w.api, "networking.istio.io", "v1beta1", "ServiceEntry", "serviceentries");
  p.pass(seconds(5));
  EXPECT_TRUE(w.api.find(serviceEntries(), "default", "web-cluster-1").exists());
  EXPECT_CONTAINS(p.server->metrics(), "gloo_mesh_outputs_failed{cluster=\"cluster-1\"} 0");
}

TEST(Relay, MeshesAreFoundCopiedAndForgotten) {
  Plane p;
  p.startServer();
  Plane::Workload& w = p.addCluster("vcluster-cluster1-cluster1");
  p.startAgent(w);
  p.registerCluster("vcluster-cluster1-cluster1");
  p.make(w.api, configMaps(), "istio-system",
         R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"istio"},"data":{"mesh":
           "trustDomain: vcluster_cluster1_cluster1\nrootNamespace: istio-system\ndefaultConfig:\n  proxyMetadata:\n    ISTIO_META_DNS_CAPTURE: \"true\"\n"}})");
  p.make(
      w.api, deployments(), "istio-system",
      R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"istiod","labels":{"app":"istiod"}},
           "spec":{"template":{"metadata":{"labels":{"app":"istiod"}},"spec":{"serviceAccountName":"istiod",
             "containers":[{"name":"discovery","image":"example.io/repo/pilot:1.11.7-solo"}]}}}})");
  p.pass(seconds(5));
  const std::string name = "istiod-istio-system-vcluster-cluster1-cluster1";
  const Doc mesh = w.api.find(meshes(), "gloo-mesh", name);
  EXPECT_EQ(mesh["spec"]["trustDomain"].text(), "vcluster_cluster1_cluster1");
  EXPECT_EQ(mesh["spec"]["installation"]["version"].text(), "1.11.7-solo");
  EXPECT_EQ(mesh["spec"]["smartDnsProxyingEnabled"].boolean(), true);
  EXPECT_EQ(mesh["spec"]["istiodServiceAccount"].text(), "istiod");
  EXPECT_TRUE(p.mgmt.find(meshes(), "gloo-mesh", name)["spec"] == mesh["spec"]);
  // The copy is read-only.
  p.change(p.mgmt, meshes(), "gloo-mesh", name, R"({"spec":{"trustDomain":"other"}})");
  p.pass(seconds(1));
  EXPECT_EQ(p.mgmt.find(meshes(), "gloo-mesh", name)["spec"]["trustDomain"].text(),
            "vcluster_cluster1_cluster1");
  p.remove(w.api, deployments(), "istio-system", "istiod");
  p.pass(seconds(5));
  EXPECT_FALSE(w.api.find(meshes(), "gloo-mesh", name).exists());
  EXPECT_FALSE(p.mgmt.find(meshes(), "gloo-mesh", name).exists());
}

TEST(Relay, GatewaysAreFound) {
  Plane p;
  p.startServer();
  Plane::Workload& w = p.addCluster("cluster-1");
  p.startAgent(w);
  p.registerCluster("cluster-1");
  p.make(w.api, deployments(), "istio-system",
         R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"istio-eastwestgateway"},
           "spec":{"template":{"metadata":{"labels":{"istio":"eastwestgateway","app":"gw"}},
             "spec":{"containers":[{"name":"istio-proxy","image":"auto"}]}}}})");
  p.make(w.api, services(), "istio-system",
         R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"istio-eastwestgateway"},
           "spec":{"type":"LoadBalancer","selector":{"istio":"eastwestgateway"},
             "ports":[{"name":"tls","port":15443,"protocol":"TCP"}]}})");
  p.pass(seconds(5));
  const std::string name = "istio-eastwestgateway-istio-system-cluster-1";
  EXPECT_EQ(w.api.find(gateways(), "gloo-mesh", name)["status"]["generic"]["message"].text(),
            "gateway has no address");
  p.change(w.api, services(), "istio-system", "istio-eastwestgateway",
           R"({"status":{"loadBalancer":{"ingress":[{"ip":"10.9.0.1"}]}}})");
  EXPECT_OK(p.sim.loop.run(w.api.subresource(
      "PATCH", services(), "istio-system", "istio-eastwestgateway", "status",
      json(R"({"status":{"loadBalancer":{"ingress":[{"ip":"10.9.0.1"}]}}})"), kNever)));
  p.pass(seconds(5));
  const Doc gateway = w.api.find(gateways(), "gloo-mesh", name);
  EXPECT_EQ(gateway["spec"]["externalAddresses"][size_t{0}]["address"].text(), "10.9.0.1");
  EXPECT_EQ(gateway["status"]["generic"]["state"].text(), "ACCEPTED");
}
