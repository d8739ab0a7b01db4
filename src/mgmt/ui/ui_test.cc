#include "base/test/test.h"
#include "doc/yaml.h"
#include "mgmt/ui/model.h"
#include "mgmt/ui/page.h"

using namespace meshka;
using namespace meshka::mgmt::ui;

namespace {

std::vector<doc::Doc> yamls(std::string_view text) {
  auto parsed = doc::parseYaml(text);
  EXPECT_OK(parsed);
  return parsed ? *parsed : std::vector<doc::Doc>();
}

Inputs example() {
  return {.clusters = yamls(R"(
metadata: {name: cluster-1, annotations: {mesh.alias: cluster_1}, creationTimestamp: "2026-01-01T00:00:00Z"}
status: {connected: true, agentVersion: 0.1.0, generic: {state: ACCEPTED, message: agent is connected}}
---
metadata: {name: cluster-2}
status: {connected: false, generic: {state: WARNING, message: "<no> agent & nothing"}}
)"),
          .meshes = yamls(R"(
metadata: {name: istiod-istio-system-cluster-1}
spec: {installation: {cluster: cluster-1, namespace: istio-system, version: 1.11.7}, trustDomain: cluster-1, smartDnsProxyingEnabled: true}
)"),
          .workspaces = yamls(R"(
metadata: {name: shop}
status:
  generic: {state: ACCEPTED}
  clusters: [{name: cluster-1, namespaces: [shop, till]}]
  importedWorkspaces: [{name: gateways}]
---
metadata: {name: broken}
status: {generic: {state: INVALID, message: 'a cluster entry has no namespaces'}}
)"),
          .deployments = yamls(R"(
metadata: {name: gloo-mesh-redis, generation: 1, labels: {app.kubernetes.io/managed-by: meshctl}}
spec: {replicas: 1}
status: {observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1}
---
metadata: {name: somebody-elses}
)")};
}

TEST(Ui, OverviewGolden) {
  EXPECT_GOLDEN(doc::toYaml(overview(example())), "testdata/ui_overview.yaml");
}

TEST(Ui, PageShowsErrorsFirstAndEscapes) {
  const std::string page = overviewPage(overview(example()));
  const size_t begin = page.find("<h1>");
  EXPECT_GOLDEN(page.substr(begin, page.find("<footer>") - begin), "testdata/ui_overview.html");
  EXPECT_TRUE(page.find("Needs attention") < page.find("<h2>Clusters"));
  EXPECT_CONTAINS(page, "&lt;no&gt; agent &amp; nothing");
  EXPECT_EQ(page.find("<no>"), std::string::npos);
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(escapeHtml("<a href=\"x\">'&'</a>"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
}

TEST(Ui, AnEmptyInstallationHasAPageToo) {
  const std::string page = overviewPage(overview({}));
  EXPECT_CONTAINS(page, "No cluster is registered.");
  EXPECT_EQ(page.find("Needs attention"), std::string::npos);
  EXPECT_CONTAINS(errorPage("the API answers 503: <x>"), "503: &lt;x&gt;");
}

}  // namespace
