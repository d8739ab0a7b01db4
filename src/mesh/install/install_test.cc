#include "base/strings.h"
#include "base/test/test.h"
#include "doc/yaml.h"
#include "mesh/install/operator.h"
#include "mesh/install/render.h"

namespace meshka::mesh {
namespace {

// The workshop's input; `name` is the cluster's.
std::string workshopOperator(std::string_view name) {
  std::string text = test::readFileOrDie("install/testdata/workshop.yaml");
  constexpr std::string_view kVariable = "${CLUSTER_NAME}";
  for (size_t at = text.find(kVariable); at != text.npos; at = text.find(kVariable, at))
    text.replace(at, kVariable.size(), name);
  return text;
}

Result<Installation> merged(std::string text, std::vector<std::string> sets = {}) {
  OperatorInput input;
  input.files.push_back({"-", std::move(text)});
  input.sets = std::move(sets);
  return mergeOperator(input);
}

// The objects as `manifest generate` prints them: definitions of kinds, or all others.
std::string rendered(const Installation& installation, bool crds, const ClusterFacts& facts = {}) {
  auto rendering = renderComponents(installation, facts);
  if (!rendering) return rendering.error().message();
  std::string out;
  for (const doc::Doc& object : manifestOrder(*rendering)) {
    if ((object["kind"].text() == "CustomResourceDefinition") != crds) continue;
    out += cat(out.empty() ? "" : "---\n", doc::toYaml(object));
  }
  return out;
}

TEST(install, workshop_with_plain_names) {
  const auto installation = merged(workshopOperator("cluster-1"));
  ASSERT_OK(installation);
  EXPECT_TRUE(installation->warnings.empty());
  EXPECT_EQ(installation->profile, "minimal");
  EXPECT_EQ(installedStateName(*installation), "installed-state-gloo-mesh-istio");
  EXPECT_GOLDEN(rendered(*installation, false), "install/testdata/workshop_plain.golden.yaml");
  EXPECT_GOLDEN(rendered(*installation, true), "install/testdata/crds.golden.yaml");
}

TEST(install, workshop_with_underscores) {
  const auto installation = merged(workshopOperator("vcluster_cluster1_cluster1"));
  ASSERT_OK(installation);
  ASSERT_EQ(installation->warnings.size(), 1u);
  EXPECT_CONTAINS(installation->warnings[0], "has an underscore");
  EXPECT_GOLDEN(rendered(*installation, false),
                "install/testdata/workshop_underscores.golden.yaml");
}

}  // namespace
}  // namespace meshka::mesh
