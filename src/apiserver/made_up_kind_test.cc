// A kind is one entry: this file makes one up and gets every verb, watches, tables, selectors and
// OpenAPI for it.
#include "apiserver/test/fixture.h"
#include "schema/tables.h"

namespace meshka::apiserver::test {

namespace {

using schema::Property;
using schema::Schema;
using schema::Type;

constexpr Schema kText{.type = Type::kString};
constexpr Schema kCount{.type = Type::kInteger, .format = "int32", .default_json = "3"};
constexpr Property kSpecFields[] = {{.name = "colour", .schema = &kText},
                                    {.name = "legs", .schema = &kCount}};
constexpr Schema kSpec{.type = Type::kObject,
                       .has_defaults = true,
                       .name = "test.meshka.Spec",
                       .properties = kSpecFields};
constexpr Property kStatusFields[] = {{.name = "mood", .schema = &kText}};
constexpr Schema kStatus{
    .type = Type::kObject, .name = "test.meshka.Status", .properties = kStatusFields};

constexpr std::string_view kVerbs[] = {"create", "delete", "deletecollection", "get",
                                       "list",   "patch",  "update",           "watch"};
constexpr std::string_view kStatusVerbs[] = {"get", "patch", "update"};
constexpr std::string_view kShort[] = {"bst"};
constexpr schema::SubresourceEntry kSubresources[] = {{.name = "status",
                                                       .group = "zoo.example.com",
                                                       .version = "v1",
                                                       .kind = "Beast",
                                                       .verbs = kStatusVerbs}};
constexpr schema::FieldSelectorEntry kSelectors[] = {
    {.label = "spec.colour", .path = "/spec/colour"}};

struct MadeUp {
  MadeUp() : meta(*schema::builtinType("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")) {
    properties[0] = {.name = "apiVersion", .schema = &kText};
    properties[1] = {.name = "kind", .schema = &kText};
    properties[2] = {.name = "metadata", .schema = &meta};
    properties[3] = {.name = "spec", .schema = &kSpec};
    properties[4] = {.name = "status", .schema = &kStatus};
    root.type = Type::kObject;
    root.name = "com.example.zoo.v1.Beast";
    root.properties = properties;
    entry.group = entry.storage_group = "zoo.example.com";
    entry.version = entry.storage_version = "v1";
    entry.kind = "Beast";
    entry.list_kind = "BeastList";
    entry.plural = entry.storage_plural = "beasts";
    entry.singular = "beast";
    entry.short_names = kShort;
    entry.verbs = kVerbs;
    entry.subresources = kSubresources;
    entry.schema = &root;
    entry.namespaced = true;
    entry.has_status = true;
    entry.counts_generation = true;
    entry.field_selectors = kSelectors;
  }
  const Schema& meta;
  Property properties[5];
  Schema root;
  schema::KindEntry entry;
};

const std::string kBeasts = "/apis/zoo.example.com/v1/namespaces/default/beasts";

}  // namespace

TEST(MadeUpKind, HasAllVerbs) {
  MadeUp kind;
  Fixture f;
  ASSERT_OK(f.registry.add(kind.entry));
  f.start();
  Reply r = f.post(kBeasts,
                   R"({"metadata":{"name":"a"},"spec":{"colour":"red"},"status":{"mood":"sent"}})");
  ASSERT_EQ(r.status, 201);
  EXPECT_EQ(r.json["apiVersion"].text(), "zoo.example.com/v1");
  EXPECT_EQ(r.json["spec"]["legs"].integer(), int64_t{3});
  EXPECT_FALSE(r.json["status"]["mood"].exists());
  EXPECT_EQ(r.json["metadata"]["generation"].integer(), int64_t{1});

  EXPECT_EQ(
      f.merge(kBeasts + "/a/status", R"({"status":{"mood":"good"},"spec":{"legs":9}})").status,
      200);
  r = f.get(kBeasts + "/a");
  EXPECT_EQ(r.json["status"]["mood"].text(), "good");
  EXPECT_EQ(r.json["spec"]["legs"].integer(), int64_t{3});
  EXPECT_EQ(r.json["metadata"]["generation"].integer(), int64_t{1});
  r = f.ask("PATCH", kBeasts + "/a", R"({"spec":{"legs":4}})",
            "application/strategic-merge-patch+json");
  EXPECT_EQ(r.json["metadata"]["generation"].integer(), int64_t{2});
  EXPECT_EQ(r.json["status"]["mood"].text(), "good");
  r = f.ask("PATCH", kBeasts + "/a", R"([{"op":"replace","path":"/spec/colour","value":"blue"}])",
            "application/json-patch+json");
  EXPECT_EQ(r.json["spec"]["colour"].text(), "blue");
  EXPECT_EQ(f.ask("PATCH", kBeasts + "/a", R"([{"op":"test","path":"/spec/colour","value":"red"}])",
                  "application/json-patch+json")
                .status,
            422);

  EXPECT_EQ(
      f.post(kBeasts, R"({"metadata":{"name":"b"},"spec":{"colour":"red","legs":"many"}})").status,
      400);
  EXPECT_EQ(
      f.post(kBeasts + "?fieldValidation=Strict", R"({"metadata":{"name":"b"},"spec":{"wings":2}})")
          .status,
      400);
  f.post(kBeasts, R"({"metadata":{"name":"b"},"spec":{"colour":"red"}})");
  EXPECT_EQ(f.get(kBeasts + "?fieldSelector=spec.colour%3Dred").json["items"].size(), size_t{1});
  EXPECT_EQ(f.get("/apis/zoo.example.com/v1/beasts").json["kind"].text(), "BeastList");
  r = f.get(kBeasts, "application/json;as=Table;v=v1;g=meta.k8s.io");
  EXPECT_EQ(r.json["rows"].size(), size_t{2});
  EXPECT_EQ(r.json["columnDefinitions"][0]["name"].text(), "Name");
  EXPECT_CONTAINS(f.get(kBeasts + "?watch=1&timeoutSeconds=1").body, R"("name":"b")");
  EXPECT_EQ(f.ask("DELETE", kBeasts + "?labelSelector=none%3Dsuch").json["items"].size(),
            size_t{0});
  EXPECT_EQ(f.remove(kBeasts).status, 200);
  EXPECT_EQ(f.get(kBeasts).json["items"].size(), size_t{0});
}

TEST(MadeUpKind, IsDiscovered) {
  MadeUp kind;
  Fixture f;
  ASSERT_OK(f.registry.add(kind.entry));
  f.start();
  EXPECT_CONTAINS(f.get("/apis").body, "zoo.example.com");
  const Reply r = f.get("/apis/zoo.example.com/v1");
  EXPECT_EQ(r.json["resources"][0]["singularName"].text(), "beast");
  EXPECT_CONTAINS(f.get("/openapi/v3/apis/zoo.example.com/v1").body, "com.example.zoo.v1.Beast");
  EXPECT_CONTAINS(f.get("/openapi/v2").body, "com.example.zoo.v1.Beast");
  EXPECT_CONTAINS(
      f.get("/apis",
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json")
          .body,
      "beasts");
}

}  // namespace meshka::apiserver::test
