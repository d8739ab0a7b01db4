// testdata/cases/NAME.input.yaml, added to testdata/base.yaml, gives NAME.output.yaml.
#include "mgmt/translate/test/scene.h"

namespace meshka::mgmt {
namespace {

void golden(const std::string& name) {
  const std::string path = cat("testdata/cases/", name);
  const TranslateInput input = scene(test::readFileOrDie(cat(path, ".input.yaml")));
  EXPECT_GOLDEN(outputYaml(translate(input)), cat(path, ".output.yaml"));
}

TEST(Golden, FederationAndIsolation) {
  golden("federation");
}
TEST(Golden, SplitOverClusters) {
  golden("split");
}
TEST(Golden, Policies) {
  golden("policies");
}
TEST(Golden, VirtualDestination) {
  golden("virtual_destination");
}
TEST(Golden, GatewayAndExternalService) {
  golden("gateway");
}

}  // namespace
}  // namespace meshka::mgmt
