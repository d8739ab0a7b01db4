// A built-in kind is an entry in a schema folder and nothing else: testdata/made_up holds one, the
// build makes a table of it, and everything that is driven by the registry knows it.
#include <span>

#include "api/openapi_cache.h"
#include "api/registry.h"
#include "api/validation/validation.h"
#include "base/test/test.h"
#include "doc/json.h"
#include "schema/defaulting.h"
#include "schema/field_error.h"
#include "schema/proto.h"
#include "schema/validate.h"

namespace meshka::schema {
std::span<const KindEntry> madeUpKinds();  // generated
}

namespace meshka::api {
namespace {

TEST(made_up_kind, is_known_everywhere) {
  Registry registry(*parseEmulation("1.37"));
  for (const schema::KindEntry& entry : schema::madeUpKinds()) ASSERT_OK(registry.add(entry));
  EXPECT_FALSE(registry.add(schema::madeUpKinds()[0]));  // once only
  KindRef kind = registry.find("toys.example.com", "v1", "toys");
  ASSERT_TRUE(kind != nullptr);
  EXPECT_EQ(kind->storageName(), "toys.toys.example.com");

  Result<doc::Doc> discovery = registry.apiResourceList("toys.example.com", "v1");
  ASSERT_OK(discovery);
  EXPECT_EQ((*discovery)["resources"][size_t{0}]["shortNames"][size_t{0}].text(), "ty");
  EXPECT_EQ((*discovery)["resources"][size_t{1}]["name"].text(), "toys/status");

  OpenApiCache openapi(registry);
  Result<OpenApiRef> document = openapi.v3("apis/toys.example.com/v1");
  ASSERT_OK(document);
  EXPECT_CONTAINS((*document)->bytes, "io.k8s.api.toys.v1.ToySpec");
  EXPECT_CONTAINS((*document)->bytes,
                  "/apis/toys.example.com/v1/namespaces/{namespace}/toys/{name}/status");
  OpenApiRef again = *openapi.v3("apis/toys.example.com/v1");
  EXPECT_TRUE(again == *document);  // built once

  Result<doc::Doc> object = doc::parseJson(
      R"({"apiVersion":"toys.example.com/v1","kind":"Toy","metadata":{"name":"t","namespace":"n"},"spec":{"parts":[{"name":"a","size":"1"}],"bad":1}})");
  ASSERT_OK(object);
  EXPECT_EQ(join(schema::unknownFields(kind->schema(), *object), " "), "spec.bad");
  doc::Doc full = schema::applyAllDefaults(kind->schema(), *object);
  EXPECT_EQ(full["spec"]["wheels"].integer(), 4);
  EXPECT_OK(schema::encodeMessage(kind->schema(), full));
  EXPECT_TRUE(validateObject(*kind, full).empty());
  doc::Draft one(full), other(full);
  one["spec"]["selector"]["matchLabels"]["a"] = "b";
  other["spec"]["selector"]["matchLabels"]["a"] = "c";
  EXPECT_EQ(schema::describe(validateObject(*kind, other.finish(), one.finish())),
            "spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"c\"}}: field is immutable");
}

}  // namespace
}  // namespace meshka::api
