#include "schema/openapi.h"

#include <set>

#include "base/test/test.h"
#include "doc/json.h"
#include "doc/yaml.h"
#include "schema/crd.h"
#include "schema/tables.h"
#include "schema/wire.h"

namespace meshka::schema {
namespace {

const KindEntry* builtin(std::string_view group, std::string_view version,
                         std::string_view plural) {
  for (const KindEntry& kind : builtinKinds()) {
    if (kind.group == group && kind.version == version && kind.plural == plural) return &kind;
  }
  return nullptr;
}

struct Widget {
  std::shared_ptr<const CompiledSchema> compiled;
  KindEntry entry;
};

Widget widget() {
  Result<doc::Doc> text = doc::parseYamlDocument(R"(
type: object
description: A widget.
required: [spec]
properties:
  spec:
    type: object
    properties:
      size: {type: integer, minimum: 1, nullable: true}
      port: {x-kubernetes-int-or-string: true}
      open: {type: object, x-kubernetes-preserve-unknown-fields: true, properties: {a: {type: string}}}
      names: {type: array, x-kubernetes-list-type: set, items: {type: string, enum: [a, b]}}
      either: {type: object, properties: {a: {type: string}}, oneOf: [{required: [a]}], default: {a: x}}
)");
  EXPECT_OK(text);
  Widget out;
  // As crd.cc compiles a version: with apiVersion, kind and metadata.
  doc::Draft crd = doc::Draft::object(
      {{"metadata", doc::Draft::object({{"name", "widgets.example.com"}})},
       {"spec",
        doc::Draft::object({{"group", "example.com"},
                            {"scope", "Namespaced"},
                            {"names", doc::Draft::object({{"plural", "widgets"},
                                                          {"singular", "widget"},
                                                          {"kind", "Widget"},
                                                          {"listKind", "WidgetList"}})}})}});
  crd["spec"]["versions"].push(doc::Draft::object(
      {{"name", "v1"},
       {"served", true},
       {"storage", true},
       {"schema", doc::Draft::object({{"openAPIV3Schema", doc::Draft(*text)}})}}));
  Result<std::shared_ptr<const CustomKind>> kind = compileCrd(crd.finish());
  EXPECT_OK(kind);
  out.compiled = (*kind)->versions[0].schema;
  static constexpr std::string_view kVerbs[] = {"create", "get", "list", "patch"};
  out.entry = {.group = "example.com",
               .version = "v1",
               .kind = "Widget",
               .list_kind = "WidgetList",
               .plural = "widgets",
               .singular = "widget",
               .verbs = kVerbs,
               .schema = &out.compiled->root(),
               .namespaced = true};
  return out;
}

TEST(openapi, golden) {
  Widget w = widget();
  const KindEntry* kinds[] = {builtin("coordination.k8s.io", "v1", "leases"),
                              builtin("policy", "v1", "poddisruptionbudgets"), &w.entry};
  auto pretty = [](const doc::Doc& doc) { return doc::toPrettyJson(doc, 1) + "\n"; };
  OpenApiInfo info{"v1.37.0"};
  EXPECT_GOLDEN(pretty(openApiV3(info, "coordination.k8s.io", "v1", kinds)),
                "testdata/openapi/lease-v3.json");
  EXPECT_GOLDEN(pretty(openApiV3(info, "policy", "v1", kinds)), "testdata/openapi/pdb-v3.json");
  EXPECT_GOLDEN(pretty(openApiV3(info, "example.com", "v1", kinds)),
                "testdata/openapi/widget-v3.json");
  EXPECT_GOLDEN(pretty(openApiV2(info, std::span(kinds).subspan(2))),
                "testdata/openapi/widget-v2.json");
}

// Every $ref of a document leads to a schema of it.
void expectClosed(doc::Value value, doc::Value schemas, std::string_view prefix) {
  if (value.isArray()) {
    for (doc::Value element : value.elements()) expectClosed(element, schemas, prefix);
  }
  for (auto [key, member] : value.members()) {
    if (key == "$ref" && member.isString()) {
      ASSERT_TRUE(member.text().starts_with(prefix));
      EXPECT_TRUE(schemas[member.text().substr(prefix.size())].exists());
    } else {
      expectClosed(member, schemas, prefix);
    }
  }
}

TEST(openapi, references_are_closed) {
  std::vector<const KindEntry*> kinds;
  std::set<std::pair<std::string_view, std::string_view>> versions;
  for (const KindEntry& kind : builtinKinds()) {
    kinds.push_back(&kind);
    versions.emplace(kind.group, kind.version);
  }
  for (auto [group, version] : versions) {
    doc::Doc v3 = openApiV3({"v1.37.0"}, group, version, kinds);
    expectClosed(v3, v3["components"]["schemas"], "#/components/schemas/");
  }
  doc::Doc v2 = openApiV2({"v1.37.0"}, kinds);
  expectClosed(v2, v2["definitions"], "#/definitions/");
  doc::Value pod = v2["definitions"]["io.k8s.api.core.v1.Pod"];
  EXPECT_EQ(doc::toJson(pod["x-kubernetes-group-version-kind"]),
            R"([{"group":"","kind":"Pod","version":"v1"}])");
  EXPECT_EQ(v2["definitions"]["io.k8s.api.apps.v1.DeploymentSpec"]["properties"]["strategy"]
              ["x-kubernetes-patch-strategy"]
                  .text(),
            "retainKeys");
  EXPECT_TRUE(v2["paths"]["/api/v1/namespaces/{namespace}/pods/{name}/eviction"]["post"].exists());
}

TEST(openapi, protobuf_has_the_same_definitions) {
  Widget w = widget();
  const KindEntry* kinds[] = {&w.entry};
  doc::Doc v2 = openApiV2({"v1.37.0"}, kinds);
  std::string bytes = openApiV2Protobuf(v2);
  WireReader document(bytes);
  WireField field;
  std::set<std::string> names;
  while (!document.done()) {
    ASSERT_TRUE(document.next(field));
    if (field.number == 1) EXPECT_EQ(field.bytes, "2.0");
    if (field.number != 9) continue;
    WireReader definitions(field.bytes);
    while (!definitions.done()) {
      ASSERT_TRUE(definitions.next(field));
      WireReader entry(field.bytes);
      ASSERT_TRUE(entry.next(field));
      names.emplace(field.bytes);
    }
  }
  EXPECT_EQ(names.size(), v2["definitions"].size());
  EXPECT_TRUE(names.contains("com.example.v1.Widget"));
}

}  // namespace
}  // namespace meshka::schema
