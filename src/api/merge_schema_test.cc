#include "api/merge_schema.h"

#include "api/registry.h"
#include "base/test/test.h"
#include "doc/json.h"

namespace meshka::api {
namespace {

std::string patched(const Kind& kind, std::string_view object, std::string_view patch) {
  const auto result = doc::applyStrategicPatch(*doc::parseJson(object), *doc::parseJson(patch),
                                               SchemaMerge(), &kind.schema());
  return result ? doc::toJson(*result) : cat("error: ", result.error().message());
}

TEST(SchemaMerge, knowsTheListsOfTheBuiltInKinds) {
  const Registry registry{Emulation{}};
  const KindRef pod = registry.find("", "v1", "pods");
  const KindRef deployment = registry.find("apps", "v1", "deployments");
  ASSERT_TRUE(pod && deployment);
  EXPECT_EQ(
      patched(
          *deployment,
          R"({"spec":{"template":{"spec":{"containers":[{"name":"a","image":"1","ports":[{"containerPort":80}]},{"name":"b"}]}}}})",
          R"({"spec":{"template":{"spec":{"containers":[{"name":"a","image":"2","ports":[{"containerPort":81}]}]}}}})"),
      R"({"spec":{"template":{"spec":{"containers":[{"image":"2","name":"a","ports":[{"containerPort":81},{"containerPort":80}]},{"name":"b"}]}}}})");
  EXPECT_EQ(
      patched(
          *pod,
          R"({"metadata":{"finalizers":["a"],"labels":{"x":"1"},"ownerReferences":[{"uid":"1"}]},"status":{"conditions":[{"type":"A","status":"True"}]}})",
          R"({"metadata":{"finalizers":["b"],"labels":{"x":null,"y":"2"},"ownerReferences":[{"uid":"1","$patch":"delete"}]},"status":{"conditions":[{"type":"A","status":"False"}]}})"),
      R"({"metadata":{"finalizers":["b","a"],"labels":{"y":"2"},"ownerReferences":[]},"status":{"conditions":[{"status":"False","type":"A"}]}})");
  EXPECT_EQ(patched(*pod, R"({"spec":{"tolerations":[{"key":"a"}],"nodeSelector":{"a":"1"}}})",
                    R"({"spec":{"tolerations":[{"key":"b"}],"nodeSelector":{"b":"2"}}})"),
            R"({"spec":{"nodeSelector":{"a":"1","b":"2"},"tolerations":[{"key":"b"}]}})");
  EXPECT_EQ(
      patched(*deployment,
              R"({"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}})",
              R"({"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}})"),
      R"({"spec":{"strategy":{"type":"Recreate"}}})");
  EXPECT_EQ(patched(*pod, R"({"spec":{"odd":{"a":1}}})", R"({"spec":{"odd":{"b":1}}})"),
            "error: unable to find api field in struct for the json field \"odd\"");
}

}  // namespace
}  // namespace meshka::api
