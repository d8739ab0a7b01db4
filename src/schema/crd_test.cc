#include "schema/crd.h"

#include "base/test/test.h"
#include "doc/json.h"
#include "doc/yaml.h"
#include "schema/crd_fuzz.h"
#include "schema/defaulting.h"
#include "schema/field_error.h"
#include "schema/prune.h"
#include "schema/validate.h"

namespace meshka::schema {
namespace {

doc::Doc yaml(std::string_view text) {
  Result<doc::Doc> parsed = doc::parseYamlDocument(text);
  EXPECT_OK(parsed);
  return parsed ? *parsed : doc::Doc();
}

constexpr std::string_view kCrd = R"(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: crontabs.stable.example.com}
spec:
  group: stable.example.com
  scope: Namespaced
  names: {plural: crontabs, singular: crontab, kind: CronTab, listKind: CronTabList, shortNames: [ct], categories: [all]}
  versions:
  - name: v1beta1
    served: true
    storage: false
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
  - name: v1
    served: true
    storage: true
    subresources:
      status: {}
      scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas, labelSelectorPath: .status.selector}
    additionalPrinterColumns:
    - {name: Spec, type: string, jsonPath: .spec.cronSpec}
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          spec:
            type: object
            required: [cronSpec]
            properties:
              cronSpec: {type: string, pattern: '^(\d+|\*)(/\d+)?(\s+(\d+|\*)(/\d+)?){4}$', maxLength: 20}
              image: {type: string, enum: [a, b], default: a}
              replicas: {type: integer, minimum: 1, maximum: 10, default: 1}
              port: {x-kubernetes-int-or-string: true}
              note: {type: string, nullable: true, default: hello}
              nested:
                type: object
                default: {}
                properties:
                  depth: {type: integer, default: 3}
              any: {type: object, x-kubernetes-preserve-unknown-fields: true}
              tags: {type: array, x-kubernetes-list-type: set, items: {type: string}, maxItems: 2}
              items:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                items: {type: object, required: [name], properties: {name: {type: string}, when: {type: string, format: date-time}}}
              choice:
                type: object
                properties: {a: {type: string}, b: {type: string}}
                oneOf: [{required: [a]}, {required: [b]}]
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
)";

std::shared_ptr<const CustomKind> kind() {
  Result<std::shared_ptr<const CustomKind>> compiled = compileCrd(yaml(kCrd));
  EXPECT_OK(compiled);
  return compiled ? *compiled : nullptr;
}

TEST(crd, compiles) {
  auto k = kind();
  ASSERT_TRUE(k != nullptr);
  EXPECT_EQ(k->versions[0].name, "v1");  // best first
  EXPECT_EQ(k->storage_version, "v1");
  EXPECT_TRUE(k->versions[0].has_status);
  EXPECT_EQ(k->versions[0].scale->spec_replicas_path, ".spec.replicas");
  EXPECT_EQ(k->versions[0].columns[0].json_path, ".spec.cronSpec");
}

TEST(crd, validation_is_worded_as_the_api_server_does) {
  auto k = kind();
  ASSERT_TRUE(k != nullptr);
  const Schema& schema = k->version("v1")->schema->root();
  struct Case {
    std::string_view spec, want;
  };
  const Case cases[] = {
      {"{cronSpec: '* * * * */5'}", ""},
      {"{}", "spec.cronSpec: Required value"},
      {"{cronSpec: '* *'}",
       "spec.cronSpec: Invalid value: \"* *\": spec.cronSpec in body should match "
       "'^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$'"},
      {"{cronSpec: 7}",
       "spec.cronSpec: Invalid value: \"integer\": spec.cronSpec in body must be of type string: "
       "\"integer\""},
      {"{cronSpec: null}",
       "spec.cronSpec: Invalid value: \"null\": spec.cronSpec in body must be of type string: "
       "\"null\""},
      {"{cronSpec: '* * * * *', note: null}", ""},
      {"{cronSpec: '1 1 1 1 1', replicas: 11}",
       "spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal to "
       "10"},
      {"{cronSpec: '1 1 1 1 1', replicas: 0}",
       "spec.replicas: Invalid value: 0: spec.replicas in body should be greater than or equal to "
       "1"},
      {"{cronSpec: '1 1 1 1 1', image: c}",
       "spec.image: Unsupported value: \"c\": supported values: \"a\", \"b\""},
      {"{cronSpec: '1 1 1 1 1', port: http}", ""},
      {"{cronSpec: '1 1 1 1 1', port: [1]}",
       "spec.port: Invalid value: \"array\": spec.port in body must be of type integer,string: "
       "\"array\""},
      {"{cronSpec: '1 1 1 1 1', tags: [x, x]}", "spec.tags[1]: Duplicate value: \"x\""},
      {"{cronSpec: '1 1 1 1 1', tags: [a, b, c]}",
       "spec.tags: Too many: 3: must have at most 2 items"},
      {"{cronSpec: '1 1 1 1 1', items: [{name: x}, {name: x}]}",
       "spec.items[1]: Duplicate value: {\"name\":\"x\"}"},
      {"{cronSpec: '1 1 1 1 1', items: [{name: x, when: never}]}",
       "spec.items[0].when: Invalid value: \"never\": spec.items[0].when in body must be of type "
       "date-time: \"never\""},
      {"{cronSpec: '1 1 1 1 1', choice: {a: x}}", ""},
      {"{cronSpec: '1 1 1 1 1', choice: {a: x, b: z}}",
       "spec.choice: Invalid value: \"\": \"spec.choice\" must validate one and only one schema "
       "(oneOf). Found 2 valid "
       "alternatives"},
  };
  for (const Case& c : cases) {
    doc::Doc object = doc::Draft::object({{"spec", doc::Draft(yaml(c.spec))}}).finish();
    EXPECT_EQ(describe(validate(schema, object)), c.want);
  }
}

TEST(crd, ratchets_what_did_not_change) {
  auto k = kind();
  const Schema& schema = k->version("v1")->schema->root();
  doc::Doc old = yaml("{spec: {cronSpec: bad, replicas: 1}}"),
           now = yaml("{spec: {cronSpec: bad, replicas: 99}}");
  EXPECT_EQ(validate(schema, now, "", old).size(), size_t{1});
  EXPECT_EQ(validate(schema, now).size(), size_t{2});
}

TEST(crd, prunes_and_defaults) {
  auto k = kind();
  const Schema& schema = k->version("v1")->schema->root();
  doc::Doc object = yaml(
      "{apiVersion: stable.example.com/v1, kind: CronTab, metadata: {name: x, foo: 1, "
      "creationTimestamp: null}, extra: 1, "
      "spec: {cronSpec: '1', bad: 1, any: {x: {w: 1}}, image: null, note: null}}");
  std::vector<std::string> unknown = unknownFields(schema, object);
  EXPECT_EQ(join(unknown, " "), "extra metadata.foo spec.bad");
  doc::Doc pruned = applyAllDefaults(schema, prune(schema, dropNulls(schema, object)));
  EXPECT_EQ(
      doc::toJson(pruned),
      R"({"apiVersion":"stable.example.com/v1","kind":"CronTab","metadata":{"name":"x"},"spec":{"any":{"x":{"w":1}},)"
      R"("cronSpec":"1","image":"a","nested":{"depth":3},"note":null,"replicas":1}})");
}

TEST(crd, errors_are_named) {
  struct Case {
    std::string_view from, to, want;
  };
  const Case cases[] = {
      {"name: crontabs.stable.example.com", "name: x.stable.example.com",
       "metadata.name: Invalid value: \"x.stable.example.com\": must be "
       "spec.names.plural+\".\"+spec.group"},
      {"storage: true", "storage: false",
       "must have exactly one version marked as storage version"},
      {"nullable: true, default: hello", "uniqueItems: true",
       "properties[spec].properties[note].uniqueItems: Forbidden: uniqueItems cannot be set to "
       "true"},
      {"cronSpec: {type: string", "cronSpec: {title: string",
       "openAPIV3Schema.properties[spec].properties[cronSpec].type: Required value: must not be "
       "empty for specified object "
       "fields"},
      {"items: {type: string}, maxItems: 2", "maxItems: 2",
       "properties[tags].items: Required value: must be specified"},
      {"{required: [a]}, {required: [b]}", "{type: object}, {required: [b]}",
       "oneOf[0].type: Forbidden: must be empty to be structural"},
      {"{required: [a]}, {required: [b]}", "{properties: {zz: {minLength: 1}}}",
       "oneOf[0].properties[zz]: Required value: because it is defined in a junctor"},
      {"default: a}", "default: zz}",
       "default: Unsupported value: \"zz\": supported values: \"a\", \"b\""},
      {"pattern: '^(", "pattern: '^((",
       "must be a valid regular expression, but isn't: error parsing regexp"},
      {"group: stable.example.com", "group: stable", "should be a domain with at least one dot"},
      {"scope: Namespaced", "scope: World",
       "spec.scope: Unsupported value: \"World\": supported values: \"Cluster\", "
       "\"Namespaced\""},
      {"specReplicasPath: .spec.replicas", "specReplicasPath: replicas",
       "should be a json path under .spec"},
      {"type: object\n        required: [spec]", "type: array\n        items: {type: string}",
       "must be object at the root"},
  };
  for (const Case& c : cases) {
    std::string text(kCrd);
    size_t at = text.find(c.from);
    ASSERT_TRUE(at != std::string::npos);
    text.replace(at, c.from.size(), c.to);
    EXPECT_CONTAINS(describe(checkCrd(yaml(text))), c.want);
  }
  EXPECT_EQ(describe(checkCrd(yaml(kCrd))), "");
}

TEST(crd, scope_is_immutable_once_established) {
  std::string text(kCrd);
  doc::Draft old(yaml(text));
  old["status"]["conditions"].push(
      doc::Draft::object({{"type", "Established"}, {"status", "True"}}));
  text.replace(text.find("scope: Namespaced"), 17, "scope: Cluster   ");
  EXPECT_EQ(describe(checkCrd(yaml(text), old.finish())),
            "spec.scope: Invalid value: \"Cluster\": field is immutable");
}

TEST(crd, fuzz_corpus) {
  const std::string_view seeds[] = {
      "{}", R"({"schema":{"type":"object"},"object":{"a":1}})",
      R"({"schema":{"type":"object","properties":{"a":{"type":"string","default":"x"}},"additionalProperties":true},"object":{}})",
      R"({"schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true,"properties":{"a":{"type":"array","items":{"type":"object","properties":{"b":{"type":"integer","default":1}}}}}},"object":{"a":[{},null,3],"z":1}})",
      R"({"schema":{"type":"object","properties":{"a":{"type":"string","pattern":"^(a+)+$"}}},"object":{"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"}})"};
  for (std::string_view seed : seeds) fuzzCrd(seed);
  for (std::string_view name : {"defaults", "definition", "junctors", "lists"}) {
    fuzzCrd(test::readFileOrDie(cat("testdata/fuzz/crd/", name)));
  }
}

TEST(crd, version_order) {
  const char* ordered[] = {"v10",     "v2",        "v1",        "v11beta2", "v10beta3",
                           "v3beta1", "v12alpha1", "v11alpha2", "foo1",     "foo10"};
  for (size_t i = 1; i < std::size(ordered); i++) {
    EXPECT_TRUE(versionBefore(ordered[i - 1], ordered[i]));
    EXPECT_FALSE(versionBefore(ordered[i], ordered[i - 1]));
  }
}

}  // namespace
}  // namespace meshka::schema
