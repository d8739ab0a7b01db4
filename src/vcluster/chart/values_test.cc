#include "vcluster/chart/values.h"

#include "base/test/test.h"
#include "doc/yaml.h"
#include "vcluster/chart/chart.h"

namespace meshka::vcluster {
namespace {

doc::Doc yaml(std::string_view text) {
  auto parsed = doc::parseYamlDocument(text);
  EXPECT_OK(parsed);
  return parsed ? *parsed : doc::Doc();
}

constexpr std::string_view kWorkshop = R"(
isolation:
  enabled: true
  limitRange:
    enabled: false
  podSecurityStandard: privileged
  resourceQuota:
    enabled: false
rbac:
  clusterRole:
    create: true
syncer:
  extraArgs:
  - --fake-nodes=false
  - --sync-all-nodes
vcluster:
  image: rancher/k3s:v1.22.5-k3s1
)";

TEST(Values, Workshop) {
  const auto parsed = parseValues(yaml(kWorkshop));
  ASSERT_OK(parsed);
  EXPECT_EQ(parsed->warnings.size(), 0u);
  EXPECT_TRUE(parsed->values.isolation && parsed->values.network_policy &&
              parsed->values.cluster_role);
  EXPECT_FALSE(parsed->values.limit_range || parsed->values.resource_quota);
  EXPECT_EQ(parsed->values.pod_security_standard, "privileged");
  EXPECT_EQ(parsed->values.kubernetes_version, "1.22.5");
  EXPECT_TRUE(parsed->values.syncer.sync_nodes && parsed->values.syncer.sync_all_nodes);
}

TEST(Values, WarnsWithThePath) {
  const auto parsed = parseValues(
      yaml("isolaton: {enabled: true}\nsync: {ingresses: {enabled: true}}\n"
           "syncer: {extraArgs: [--sync-everything]}\nisolation: {limitRange: {defualt: 1}}\n"));
  ASSERT_OK(parsed);
  const std::string all = join(parsed->warnings, "\n");
  EXPECT_CONTAINS(all, "isolaton is not a known key");
  EXPECT_CONTAINS(all, "sync.ingresses is not supported yet");
  EXPECT_CONTAINS(all, "--sync-everything is not supported yet");
  EXPECT_CONTAINS(all, "isolation.limitRange.defualt is not supported yet");
}

TEST(Values, Refuses) {
  struct Row {
    const char* text;
    const char* part;
  };
  constexpr Row kRows[] = {
      {"isolation: {enabled: perhaps}", "isolation.enabled must be true or false"},
      {"isolation: {enabled: true, podSecurityStandard: lax}",
       "privileged, baseline or restricted"},
      {"syncer: {extraArgs: [--sync-all-nodes]}", "needs --fake-nodes=false"},
      {"syncer: {extraArgs: --fake-nodes}", "must be a list"},
      {"vcluster: {image: rancher/k3s:latest}", "starts with no Kubernetes version"},
      {"controlPlane: {}", "0.20"},
      {"- a", "must hold a map"},
  };
  for (const Row& row : kRows) {
    const auto parsed = parseValues(yaml(row.text));
    ASSERT_TRUE(!parsed.has_value());
    EXPECT_CONTAINS(parsed.error().message(), row.part);
  }
}

TEST(Chart, Goldens) {
  auto parsed = parseValues(yaml(kWorkshop));
  ASSERT_OK(parsed);
  parsed->values.service_type = "LoadBalancer";
  parsed->values.run_as_user = kIsolatedUid;
  std::string text;
  for (const doc::Doc& object :
       chartObjects({{"mgmt", "mgmt"}, parsed->values, "meshka.local/meshka:test"})) {
    text += cat("---\n", doc::toYaml(object));
  }
  EXPECT_GOLDEN(text, "testdata/chart_workshop.yaml");

  parsed = parseValues(yaml("isolation: {enabled: true}"));
  ASSERT_OK(parsed);
  text.clear();
  for (const doc::Doc& object :
       chartObjects({{"a", "b"}, parsed->values, "meshka.local/meshka:test"})) {
    text += cat("---\n", doc::toYaml(object));
  }
  EXPECT_GOLDEN(text, "testdata/chart_isolated.yaml");
}

}  // namespace
}  // namespace meshka::vcluster
