#include "api/registry.h"

#include "base/test/test.h"
#include "doc/json.h"
#include "doc/yaml.h"

namespace meshka::api {
namespace {

Registry registry(std::string_view version) {
  Result<Emulation> emulation = parseEmulation(version);
  EXPECT_OK(emulation);
  return Registry(*emulation);
}

std::shared_ptr<const schema::CustomKind> custom(std::string_view group, std::string_view plural,
                                                 std::string_view kind) {
  std::string text =
      cat("metadata: {name: ", plural, ".", group, "}\nspec:\n  group: ", group,
          "\n  scope: Namespaced\n  names: {plural: ", plural, ", singular: ", plural,
          "x, kind: ", kind, ", listKind: ", kind,
          "List}\n  versions:\n  - {name: v1beta1, served: true, storage: false, schema: "
          "{openAPIV3Schema: {type: object}}}\n  - {name: v1, served: true, storage: true, "
          "subresources: "
          "{status: {}}, schema: {openAPIV3Schema: {type: object}}}\n");
  Result<doc::Doc> parsed = doc::parseYamlDocument(text);
  EXPECT_OK(parsed);
  Result<std::shared_ptr<const schema::CustomKind>> compiled = schema::compileCrd(*parsed);
  EXPECT_OK(compiled);
  return compiled ? *compiled : nullptr;
}

TEST(emulation, parsing) {
  EXPECT_EQ(parseEmulation("v1.22.5")->git_version, "v1.22.5");
  EXPECT_EQ(int{parseEmulation("1.30")->minor}, 30);
  EXPECT_EQ(parseEmulation("v1.22.5-k3s1")->git_version, "v1.22.5-k3s1");
  EXPECT_FALSE(parseEmulation("latest"));
  EXPECT_TRUE(parseEmulation("1.9").error().code() == Code::kUnsupported);
}

TEST(registry, versions_by_emulation) {
  Registry old = registry("1.22"), now = registry("1.37");
  EXPECT_TRUE(old.find("autoscaling", "v2beta1", "horizontalpodautoscalers") != nullptr);
  EXPECT_TRUE(old.find("autoscaling", "v2", "horizontalpodautoscalers") == nullptr);
  EXPECT_TRUE(old.find("policy", "v1beta1", "poddisruptionbudgets") != nullptr);
  EXPECT_TRUE(now.find("policy", "v1beta1", "poddisruptionbudgets") == nullptr);
  EXPECT_EQ(join(now.versions("autoscaling"), " "), "v2 v1");
  EXPECT_EQ(join(old.versions("autoscaling"), " "), "v1 v2beta2 v2beta1");
  EXPECT_EQ(old.preferred("batch", "cronjobs")->version(), "v1");
  // The hub is known although it is not served.
  KindRef hub = old.hub(*old.find("autoscaling", "v1", "horizontalpodautoscalers"));
  EXPECT_EQ(hub->version(), "v2");
  EXPECT_EQ(now.findKind("apps", "v1", "Deployment")->resourceName(), "deployments.apps");
}

TEST(registry, events_are_stored_once) {
  Registry r = registry("1.37");
  KindRef core = r.find("", "v1", "events"), newer = r.find("events.k8s.io", "v1", "events");
  EXPECT_EQ(core->storageName(), "events");
  EXPECT_EQ(newer->storageName(), "events");
  EXPECT_EQ(r.hub(*newer)->group(), "");
  size_t count = 0;
  for (const KindRef& kind : r.storedKinds()) count += kind->plural() == "events";
  EXPECT_EQ(count, size_t{1});
}

TEST(registry, strategy_data_of_pods) {
  KindRef pods = registry("1.37").find("", "v1", "pods");
  EXPECT_TRUE(pods->entry().graceful_delete);
  EXPECT_TRUE(pods->entry().has_status);
  EXPECT_TRUE(pods->namespaced());
  ASSERT_TRUE(pods->subresource("exec") != nullptr);
  EXPECT_EQ(pods->subresource("eviction")->group, "policy");
  EXPECT_EQ(pods->entry().field_selectors[0].path, "/spec/nodeName");
}

TEST(registry, deprecation_warnings) {
  Registry r = registry("1.22");
  EXPECT_EQ(r.find("policy", "v1beta1", "poddisruptionbudgets")->deprecationWarning(22),
            "policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+, unavailable in v1.25+; "
            "use policy/v1 "
            "PodDisruptionBudget");
  EXPECT_EQ(r.find("autoscaling", "v2beta2", "horizontalpodautoscalers")->deprecationWarning(22),
            "");  // from 1.23 on
  EXPECT_EQ(r.find("", "v1", "componentstatuses")->deprecationWarning(22),
            "v1 ComponentStatus is deprecated in v1.19+");
  EXPECT_EQ(r.find("", "v1", "pods")->deprecationWarning(22), "");
}

TEST(registry, custom_kinds_come_and_go) {
  Registry r = registry("1.37");
  uint64_t before = r.revision();
  ASSERT_OK(r.putCustom(custom("example.com", "widgets", "Widget")));
  EXPECT_TRUE(r.revision() > before);
  KindRef kind = r.find("example.com", "v1beta1", "widgets");
  ASSERT_TRUE(kind != nullptr);
  EXPECT_EQ(r.hub(*kind)->version(), "v1");
  EXPECT_EQ(join(r.versions("example.com"), " "), "v1 v1beta1");
  EXPECT_TRUE(r.preferred("example.com", "widgets")->subresource("status") != nullptr);
  Result<void> clash = r.putCustom(custom("example.com", "widgetz", "Widget"));
  EXPECT_TRUE(!clash && clash.error().code() == Code::kAlreadyExists);
  ASSERT_OK(r.putCustom(custom("example.com", "widgets", "Widget")));  // an update
  r.removeCustom("widgets.example.com");
  EXPECT_TRUE(r.find("example.com", "v1", "widgets") == nullptr);
  EXPECT_TRUE(r.versions("example.com").empty());
  EXPECT_EQ(kind->entry().kind, "Widget");  // a request that holds it goes on
  EXPECT_EQ(r.hub(*kind)->version(), "v1");
}

TEST(discovery, golden) {
  Registry r = registry("1.22");
  EXPECT_GOLDEN(doc::toPrettyJson(r.apiVersions("10.0.0.1:6443"), 2) + "\n",
                "testdata/discovery/api.json");
  EXPECT_GOLDEN(doc::toPrettyJson(r.apiGroupList(), 2) + "\n", "testdata/discovery/apis-1.22.json");
  EXPECT_GOLDEN(doc::toPrettyJson(*r.apiResourceList("apps", "v1"), 2) + "\n",
                "testdata/discovery/apps-v1.json");
  EXPECT_GOLDEN(doc::toPrettyJson(*r.apiResourceList("", "v1"), 2) + "\n",
                "testdata/discovery/core-v1.json");
  EXPECT_FALSE(r.apiResourceList("apps", "v2"));
  EXPECT_FALSE(r.apiGroup("nothing"));
  Registry small(Emulation{}, {});
  ASSERT_OK(small.putCustom(custom("example.com", "widgets", "Widget")));
  EXPECT_GOLDEN(doc::toPrettyJson(small.aggregatedDiscovery(false, "v2"), 2) + "\n",
                "testdata/discovery/aggregated.json");
}

}  // namespace
}  // namespace meshka::api
