// The objects of an installation as the workshop asks for it, and what users may say about it.
#include "mgmt/chart/chart.h"

#include "base/test/test.h"
#include "doc/yaml.h"
#include "mgmt/chart/crds.h"

using namespace meshka;
using namespace meshka::mgmt;

namespace {

doc::Doc yaml(std::string_view text) {
  auto parsed = doc::parseYamlDocument(text);
  EXPECT_OK(parsed);
  return parsed ? *parsed : doc::Doc();
}

std::string asYaml(const std::vector<doc::Doc>& objects) {
  std::string out;
  for (const doc::Doc& object : objects) out += cat("---\n", doc::toYaml(object));
  return out;
}

doc::Doc typed(std::initializer_list<const char*> sets) {
  doc::Draft values = doc::Draft::object();
  for (const char* set : sets) EXPECT_OK(setValue(values, set));
  return values.finish();
}

doc::Doc named(const std::vector<doc::Doc>& objects, std::string_view kind, std::string_view name) {
  for (const doc::Doc& object : objects) {
    if (object["kind"].text() == kind && object["metadata"]["name"].text() == name) return object;
  }
  return {};
}

TEST(Chart, WorkshopGolden) {
  const auto parsed = parseValues(typed({"insecure=true"}));
  ASSERT_OK(parsed);
  EXPECT_TRUE(parsed->warnings.empty());
  ServerChart chart;
  chart.version = "2.0.0-beta20";
  chart.own_image = "meshka.local/meshka:test";
  chart.values = parsed->values;
  chart.values.license = "none";
  EXPECT_GOLDEN(asYaml(serverObjects(chart)), "testdata/chart_server.yaml");
  EXPECT_EQ(join(serverDeployments(chart), " "),
            "gloo-mesh-mgmt-server gloo-mesh-redis gloo-mesh-ui prometheus-server");
}

TEST(Chart, AgentGolden) {
  AgentChart chart;
  chart.version = "2.0.0-beta20";
  chart.cluster = "vcluster-cluster1-cluster1";
  chart.given_name = "vcluster_cluster1_cluster1";
  chart.relay_address = "198.18.0.7:9900";
  chart.insecure = true;
  std::vector<doc::Doc> objects = agentObjects(chart);
  objects.push_back(kubernetesCluster(chart, "cluster.local"));
  EXPECT_GOLDEN(asYaml(objects), "testdata/chart_agent.yaml");
}

TEST(Chart, WithTlsSecretsAreRequired) {
  ServerChart chart;
  const doc::Doc server = named(serverObjects(chart), "Deployment", "gloo-mesh-mgmt-server");
  for (const doc::Value volume : server["spec"]["template"]["spec"]["volumes"].elements())
    EXPECT_FALSE(volume["secret"]["optional"].boolean());
  EXPECT_EQ(doc::toYaml(server).find("--insecure"), std::string::npos);
}

TEST(Chart, PartsCanBeLeftOut) {
  const auto parsed = parseValues(
      typed({"glooMeshUi.enabled=false", "glooMeshRedis.enabled=false", "prometheus.enabled=false",
             "glooMeshMgmtServer.serviceType=ClusterIP", "glooMeshMgmtServer.ports.grpc=19900"}));
  ASSERT_OK(parsed);
  ServerChart chart;
  chart.values = parsed->values;
  const std::vector<doc::Doc> objects = serverObjects(chart);
  EXPECT_EQ(serverDeployments(chart).size(), 1u);
  EXPECT_FALSE(named(objects, "Deployment", "gloo-mesh-ui").exists());
  const doc::Doc service = named(objects, "Service", "gloo-mesh-mgmt-server");
  EXPECT_EQ(service["spec"]["type"].text(), "ClusterIP");
  EXPECT_EQ(service["spec"]["ports"][size_t{0}]["port"].integer(), 19900);
  // Without a Redis nobody is told to use one.
  EXPECT_EQ(doc::toYaml(named(objects, "Deployment", "gloo-mesh-mgmt-server")).find("--redis"),
            std::string::npos);
}

TEST(Crds, TableIsWhole) {
  const std::vector<doc::Doc> crds = crdObjects();
  EXPECT_EQ(crds.size(), 38u);
  EXPECT_EQ(crdGroups().size(), 8u);
  const doc::Doc settings =
      named(crds, "CustomResourceDefinition", "workspacesettings.admin.gloo.solo.io");
  ASSERT_TRUE(settings.exists());
  const doc::Value names = settings["spec"]["names"];
  EXPECT_EQ(names["singular"].text(), "workspacesettings");
  EXPECT_EQ(names["listKind"].text(), "WorkspaceSettingsList");
  const doc::Value version = settings["spec"]["versions"][size_t{0}];
  EXPECT_FALSE(version["additionalPrinterColumns"].exists());
  const doc::Value spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"];
  EXPECT_TRUE(spec["x-kubernetes-preserve-unknown-fields"].boolean());
  EXPECT_EQ(spec["properties"]["exportTo"]["items"]["properties"]["name"]["type"].text(), "string");
  EXPECT_EQ(spec["properties"]["imports"]["type"].text(), "array");
  EXPECT_GOLDEN(
      doc::toYaml(named(crds, "CustomResourceDefinition", "workspaces.admin.gloo.solo.io")),
      "testdata/crd_workspaces.yaml");
}

TEST(Crds, TableRefuses) {
  struct Row {
    const char* text;
    const char* part;
  };
  constexpr Row kRows[] = {
      {"kinds: {g: [{kind: A, plural: as, spec: {x: strnig}}]}", "A.spec.x: \"strnig\" is no type"},
      {"kinds: {g: [{kind: A, plural: as, spec: {x: [string, string]}}]}", "one element type"},
      {"types: {T: {t: $T}}\nkinds: {g: [{kind: A, plural: as, spec: $T}]}", "too deeply"},
      {"kinds: {g: [{kind: A}]}", "plural is missing"},
  };
  for (const Row& row : kRows) {
    const auto made = crdsOfTable(yaml(row.text));
    ASSERT_TRUE(!made.has_value());
    EXPECT_CONTAINS(made.error().message(), row.part);
  }
}

TEST(Values, SetIsReadAsHelmDoes) {
  const doc::Doc values =
      typed({"a.b=true,c=text", "d=007", "e=12,f=null", R"(g\.h=x\,y)", "i=", "a.k=-3"});
  EXPECT_TRUE(values == yaml("a: {b: true, k: -3}\nc: text\nd: '007'\ne: 12\nf: null\n"
                             "g.h: 'x,y'\ni: ''"));
}

TEST(Values, SetRefuses) {
  struct Row {
    const char* text;
    const char* part;
  };
  constexpr Row kRows[] = {
      {"a", "key a has no value"},
      {"a.b,c=1", "key b has no value"},
      {".a=1", "a key is empty"},
      {"=1", "a key is empty"},
      {"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.a.b.c.d.e=1", "more than 30 parts"},
      {"a[0]=1", "lists are not supported yet"},
      {"a={x,y}", "lists are not supported yet"}};
  for (const Row& row : kRows) {
    doc::Draft values = doc::Draft::object();
    const auto set = setValue(values, row.text);
    ASSERT_TRUE(!set.has_value());
    EXPECT_CONTAINS(set.error().message(), row.part);
  }
}

TEST(Values, WarnsWithThePath) {
  const auto parsed =
      parseValues(typed({"insecur=true", "glooMeshMgmtServer.sidecars=x", "leaderElection=true",
                         "glooMeshUi.auth.enabled=true", "glooMeshMgmtServer.image.tagg=1"}));
  ASSERT_OK(parsed);
  const std::string all = join(parsed->warnings, "\n");
  EXPECT_CONTAINS(all, "insecur is not a known key");
  EXPECT_CONTAINS(all, "glooMeshMgmtServer.sidecars is not supported yet");
  EXPECT_CONTAINS(all, "leaderElection has no effect here");
  EXPECT_CONTAINS(all, "glooMeshUi.auth is not supported yet");
  EXPECT_CONTAINS(all, "glooMeshMgmtServer.image.tagg is not supported yet");
}

TEST(Values, Refuses) {
  struct Row {
    const char* text;
    const char* part;
  };
  constexpr Row kRows[] = {
      {"insecure=perhaps", "insecure must be true or false"},
      {"glooMeshMgmtServer.ports.grpc=99999", "must be a port"},
      {"glooMeshUi.serviceType=Public", "ClusterIP, NodePort or LoadBalancer, not \"Public\""},
      {"glooMeshMgmtServer.enabled=false", "not supported yet"},
      {"glooMeshMgmtServer.runAsUser=root", "must be a user id"},
  };
  for (const Row& row : kRows) {
    const auto parsed = parseValues(typed({row.text}));
    ASSERT_TRUE(!parsed.has_value());
    EXPECT_CONTAINS(parsed.error().message(), row.part);
  }
}

}  // namespace
