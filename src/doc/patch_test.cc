#include <map>

#include "base/test/test.h"
#include "doc/diff.h"
#include "doc/json.h"
#include "doc/json_patch.h"
#include "doc/limits.h"
#include "doc/merge_patch.h"
#include "doc/strategic_patch.h"

namespace meshka::doc {
namespace {

Doc parse(std::string_view text) {
  const auto doc = parseJson(text, {.max_depth = 200});
  if (!doc) test::report(__FILE__, __LINE__, cat("bad test data: ", text));
  return doc ? *doc : Doc();
}
std::string show(const Result<Doc>& doc) {
  return doc ? toJson(*doc) : cat("error: ", doc.error().message());
}

TEST(JsonPatch, appliesTheOperationsOfRfc6902) {
  const struct {
    const char* doc;
    const char* patch;
    const char* want;
  } kCases[] = {
      {R"({"foo":"bar"})", R"([{"op":"add","path":"/baz","value":"qux"}])",
       R"({"baz":"qux","foo":"bar"})"},
      {R"({"foo":["bar","baz"]})", R"([{"op":"add","path":"/foo/1","value":"qux"}])",
       R"({"foo":["bar","qux","baz"]})"},
      {R"({"foo":["bar"]})", R"([{"op":"add","path":"/foo/-","value":["abc"]}])",
       R"({"foo":["bar",["abc"]]})"},
      {R"({"foo":["a","b","c"]})", R"([{"op":"remove","path":"/foo/1"}])", R"({"foo":["a","c"]})"},
      {R"({"baz":"qux","foo":"bar"})", R"([{"op":"replace","path":"/baz","value":"boo"}])",
       R"({"baz":"boo","foo":"bar"})"},
      {R"({"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}})",
       R"([{"op":"move","from":"/foo/waldo","path":"/qux/thud"}])",
       R"({"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}})"},
      {R"({"foo":["all","grass","cows","eat"]})",
       R"([{"op":"move","from":"/foo/1","path":"/foo/3"}])",
       R"({"foo":["all","cows","eat","grass"]})"},
      {R"({"a":{"b":1}})",
       R"([{"op":"copy","from":"/a","path":"/c"},{"op":"replace","path":"/c/b","value":2}])",
       R"({"a":{"b":1},"c":{"b":2}})"},
      {R"({"a/b":{"m~n":1}})",
       R"([{"op":"test","path":"/a~1b/m~0n","value":1},{"op":"remove","path":"/a~1b/m~0n"}])",
       R"({"a/b":{}})"},
      {R"({"a":1})",
       R"([{"op":"test","path":"/zz","value":null},{"op":"add","path":"","value":[1]}])", "[1]"},
      {R"({"a":{"b":[1,{"c":2}]}})",
       R"([{"op":"add","path":"/a/x","value":0},{"op":"test","path":"/a","value":{"b":[1.0,{"c":2}],"x":0}}])",
       R"({"a":{"b":[1,{"c":2}],"x":0}})"},
      {R"({"a":1})", R"([{"op":"add","path":"/b","value":null}])", R"({"a":1,"b":null})"},
  };
  for (const auto& c : kCases)
    EXPECT_EQ(show(applyJsonPatch(parse(c.doc), parse(c.patch))), c.want);
}

TEST(JsonPatch, namesWhatDoesNotApply) {
  const Doc doc = parse(R"({"a":{"b":1},"l":[1,2]})");
  const struct {
    const char* patch;
    const char* reason;
    const char* want;
  } kCases[] = {
      {R"([{"op":"remove","path":"/x"}])", "Invalid",
       "error in remove for path: '/x': Unable to remove nonexistent key: x: missing value"},
      {R"([{"op":"remove","path":"/x/y"}])", "Invalid",
       "remove operation does not apply: doc is missing path: \"/x/y\": missing value"},
      {R"([{"op":"replace","path":"/x","value":1}])", "Invalid",
       "replace operation does not apply: doc is missing key: /x: missing value"},
      {R"([{"op":"add","path":"/x/y","value":1}])", "Invalid",
       "add operation does not apply: doc is missing path: \"/x/y\": missing value"},
      {R"([{"op":"add","path":"/l/3","value":1}])", "Invalid", "invalid index"},
      {R"([{"op":"add","path":"/l/01","value":1}])", "Invalid", "invalid index"},
      {R"([{"op":"remove","path":"/l/-"}])", "Invalid", "invalid index"},
      {R"([{"op":"test","path":"/a/b","value":2}])", "Invalid",
       "testing value /a/b failed: test failed"},
      {R"([{"op":"move","from":"/a","path":"/a/b/c"}])", "Invalid", "cannot be moved into itself"},
      {R"([{"op":"copy","from":"/q","path":"/r"}])", "Invalid", "missing path: \"/q\""},
      {R"([{"op":"spin","path":"/q"}])", "BadRequest", "Unexpected kind: spin"},
      {R"([{"op":"add","path":"q","value":1}])", "BadRequest", "does not begin with '/'"},
      {R"([{"op":"add","path":"/q"}])", "BadRequest", "without a value"},
      {R"([{"op":"move","path":"/q"}])", "BadRequest", "without a from"},
      {R"({"op":"add"})", "BadRequest", "must be an array"},
      {R"([1])", "BadRequest", "must be an object"},
  };
  for (const auto& c : kCases) {
    const auto result = applyJsonPatch(doc, parse(c.patch));
    ASSERT_TRUE(!result);
    EXPECT_EQ(result.error().reason(), c.reason);
    EXPECT_CONTAINS(result.error().message(), c.want);
  }
}

TEST(JsonPatch, keepsItsLimits) {
  Draft many = Draft::array();
  for (size_t i = 0; i <= kMaxPatchOperations; ++i)
    many.push(Draft::object({{"op", "test"}, {"path", "/x"}}));
  EXPECT_TRUE(applyJsonPatch(parse("{}"), many.finish()).error().code() == Code::kTooLarge);
  // Doubling by copies ends at the byte limit, nesting by copies at the depth limit.
  Draft doubling = Draft::array();
  Draft nesting = Draft::array();
  for (int i = 0; i < 5000; ++i) {
    doubling.push(Draft::object({{"op", "copy"}, {"from", "/a"}, {"path", "/a/-"}}));
    nesting.push(Draft::object({{"op", "copy"}, {"from", ""}, {"path", "/a"}}));
  }
  EXPECT_FALSE(applyJsonPatch(parse(R"({"a":["0123456789"]})"), doubling.finish()));
  EXPECT_FALSE(applyJsonPatch(parse("{}"), nesting.finish()));
  // A document that is deep already can still be patched, but not made deeper.
  const std::string deep =
      cat("{\"a\":1,\"d\":", std::string(110, '['), std::string(110, ']'), "}");
  const auto deep_doc = parseJson(deep, {.max_depth = 200});
  ASSERT_OK(deep_doc);
  EXPECT_OK(applyJsonPatch(
      *deep_doc,
      parse(R"([{"op":"add","path":"/b","value":{}},{"op":"move","from":"/a","path":"/b/c"}])")));
  EXPECT_FALSE(applyJsonPatch(*deep_doc, parse(R"([{"op":"move","from":"/d","path":"/e"}])")));
  EXPECT_FALSE(
      applyJsonPatch(parse("{}"), parse(cat(R"([{"op":"add","path":"/e","value":)",
                                            std::string(100, '['), std::string(100, ']'), "}]"))));
  // Many harmless copies are fine.
  Draft harmless = Draft::array();
  for (int i = 0; i < 2000; ++i)
    harmless.push(Draft::object({{"op", "copy"}, {"from", "/a"}, {"path", cat("/b/x", i)}}));
  EXPECT_OK(applyJsonPatch(parse(R"({"a":{"c":1},"b":{}})"), harmless.finish()));
}

TEST(MergePatch, followsRfc7386) {
  const char* const kCases[][3] = {
      {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
      {R"({"a":"b"})", R"({"a":null})", "{}"},
      {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
      {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
      {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
      {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
      {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
      {R"({"e":null})", R"({"a":1})", R"({"a":1,"e":null})"},
      {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
      {"{}", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
  };
  for (const auto& c : kCases) EXPECT_EQ(toJson(applyMergePatch(parse(c[0]), parse(c[1]))), c[2]);
}

TEST(Diff, namesTheSmallestChangedParts) {
  const auto diff = [](const char* a, const char* b) {
    return join(changedPointers(parse(a), parse(b)), " ");
  };
  EXPECT_EQ(diff(R"({"a":1,"b":[1,2]})", R"({"b":[1.0,2],"a":1})"), "");
  EXPECT_EQ(
      diff(R"({"a":1,"b":{"c":[1,{"d":2}],"x/y":1}})", R"({"a":2,"b":{"c":[1,{"d":3}]},"z":0})"),
      "/a /b/c/1/d /b/x~1y /z");
  EXPECT_EQ(diff(R"({"a":[1,2]})", R"({"a":[1]})"), "/a");
  EXPECT_EQ(changedPointers(parse("1"), parse("2")).size(), 1u);
  EXPECT_EQ(changedPointers(parse(R"({"a":1,"b":1,"c":1})"), parse("{}"), 2).size(), 2u);
}

// A schema in the form of the core kinds, enough for the tests: each node's fields by name.
struct Node {
  struct Field {
    Field(const char* n, bool m = false, bool r = false, const char* k = "", Node* c = nullptr)
        : name(n), key(k), child(c), merge(m), replace(r) {}
    std::string name;
    std::string key;
    Node* child;
    bool merge;
    bool replace;
  };
  std::vector<Field> fields;
  bool any = false;  // every field is known, as in a map
};

class TestSchema final : public MergeSchema {
 public:
  TestSchema() {
    anything_.any = true;
    env_.fields = {{"name"}, {"value"}, {"valueFrom", false, false, "", &anything_}};
    port_.any = true;
    container_.fields = {{"name"},
                         {"image"},
                         {"args"},
                         {"env", true, false, "name", &env_},
                         {"ports", true, false, "containerPort", &port_},
                         {"resources", false, false, "", &anything_}};
    spec_.fields = {{"containers", true, false, "name", &container_},
                    {"volumes", true, false, "name", &anything_},
                    {"hostAliases", true, false, "ip", &anything_},
                    {"nodeSelector", false, false, "", &anything_},
                    {"tolerations", false, false, "", &anything_},
                    {"strategy", false, false, "", &anything_},
                    {"overhead", false, true, "", &anything_}};
    metadata_.fields = {{"labels", false, false, "", &anything_},
                        {"finalizers", true},
                        {"name"},
                        {"ownerReferences", true, false, "uid", &anything_}};
    status_.fields = {{"conditions", true, false, "type", &anything_}};
    root.fields = {{"metadata", false, false, "", &metadata_},
                   {"spec", false, false, "", &spec_},
                   {"status", false, false, "", &status_},
                   {"kind"}};
  }
  MergeField field(const void* place, std::string_view name) const override {
    const Node& node = *static_cast<const Node*>(place);
    for (const Node::Field& f : node.fields) {
      if (f.name == name) {
        return {.found = true,
                .child = f.child,
                .merge = f.merge,
                .replace = f.replace,
                .merge_key = f.key};
      }
    }
    return {.found = node.any};
  }
  Node root;

 private:
  Node anything_, env_, port_, container_, spec_, metadata_, status_;
};

std::string patched(std::string_view doc, std::string_view patch) {
  const TestSchema schema;
  return show(applyStrategicPatch(parse(doc), parse(patch), schema, &schema.root));
}

TEST(StrategicPatch, mergesListsAsTheSchemaSays) {
  const char* const kCases[][3] = {
      // containers by name, env by name within them; the patch's elements come in front when they
      // are new
      {R"({"spec":{"containers":[{"name":"a","image":"i:1","env":[{"name":"X","value":"1"}]},{"name":"b","image":"j:1"}]}})",
       R"({"spec":{"containers":[{"name":"a","image":"i:2","env":[{"name":"Y","value":"2"}]}]}})",
       R"({"spec":{"containers":[{"env":[{"name":"Y","value":"2"},{"name":"X","value":"1"}],"image":"i:2","name":"a"},{"image":"j:1","name":"b"}]}})"},
      {R"({"spec":{"containers":[{"name":"a"}]}})",
       R"({"spec":{"containers":[{"name":"b","image":"x","args":null}]}})",
       R"({"spec":{"containers":[{"image":"x","name":"b"},{"name":"a"}]}})"},
      {R"({"spec":{"containers":[{"name":"a"},{"name":"b"},{"name":"c"}]}})",
       R"({"spec":{"containers":[{"name":"b","$patch":"delete"}]}})",
       R"({"spec":{"containers":[{"name":"a"},{"name":"c"}]}})"},
      {R"({"spec":{"containers":[{"name":"a"},{"name":"b"}]}})",
       R"({"spec":{"containers":[{"name":"z"},{"$patch":"replace"}]}})",
       R"({"spec":{"containers":[{"name":"z"}]}})"},
      // ports by containerPort
      {R"({"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"name":"http"},{"containerPort":81}]}]}})",
       R"({"spec":{"containers":[{"name":"a","ports":[{"containerPort":81,"protocol":"UDP"}]}]}})",
       R"({"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"name":"http"},{"containerPort":81,"protocol":"UDP"}]}]}})"},
      // as kubectl apply sends it: with the order
      {R"({"spec":{"containers":[{"name":"side"},{"name":"a","image":"1"},{"name":"b"}]}})",
       R"({"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"},{"name":"n"}],"containers":[{"name":"a","image":"2"},{"name":"n"}]}})",
       R"({"spec":{"containers":[{"name":"side"},{"name":"b"},{"image":"2","name":"a"},{"name":"n"}]}})"},
      {R"({"spec":{"containers":[{"name":"a"},{"name":"b"}]}})",
       R"({"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}]}})",
       R"({"spec":{"containers":[{"name":"b"},{"name":"a"}]}})"},
      {R"({"spec":{}})",
       R"({"spec":{"$setElementOrder/containers":[{"name":"b"}],"containers":[{"name":"b"},{"name":"c","$patch":"delete"}]}})",
       R"({"spec":{"containers":[{"name":"b"}]}})"},
      // a renamed container keeps its place behind those in front of it
      {R"({"spec":{"containers":[{"name":"c"},{"name":"e"},{"name":"a"}]}})",
       R"({"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],"containers":[{"name":"b"},{"name":"c","$patch":"delete"}]}})",
       R"({"spec":{"containers":[{"name":"e"},{"name":"b"},{"name":"a"}]}})"},
      // volumes: another source replaces the old one
      {R"({"spec":{"volumes":[{"name":"v","emptyDir":{}},{"name":"w"}]}})",
       R"({"spec":{"volumes":[{"name":"v","$retainKeys":["name","hostPath"],"hostPath":{"path":"/x"}}]}})",
       R"({"spec":{"volumes":[{"hostPath":{"path":"/x"},"name":"v"},{"name":"w"}]}})"},
      {R"({"spec":{"hostAliases":[{"ip":"1","hostnames":["a"]}]}})",
       R"({"spec":{"hostAliases":[{"ip":"1","hostnames":["b"]},{"ip":"2"}]}})",
       R"({"spec":{"hostAliases":[{"hostnames":["b"],"ip":"1"},{"ip":"2"}]}})"},
      {R"({"status":{"conditions":[{"type":"Ready","status":"False"},{"type":"Other","status":"True"}]}})",
       R"({"status":{"conditions":[{"type":"Ready","status":"True"}]}})",
       R"({"status":{"conditions":[{"status":"True","type":"Ready"},{"status":"True","type":"Other"}]}})"},
      // lists of scalars
      {R"({"metadata":{"finalizers":["a","b"]}})", R"({"metadata":{"finalizers":["b","c"]}})",
       R"({"metadata":{"finalizers":["a","b","c"]}})"},
      {R"({"metadata":{"finalizers":["a","b","c"]}})",
       R"({"metadata":{"$deleteFromPrimitiveList/finalizers":["b"],"$setElementOrder/finalizers":["c","a"]}})",
       R"({"metadata":{"finalizers":["c","a"]}})"},
      {R"({"metadata":{"finalizers":["a"]}})", R"({"metadata":{"finalizers":null}})",
       R"({"metadata":{}})"},
      // lists without a strategy are replaced, maps are merged or replaced
      {R"({"spec":{"tolerations":[{"key":"a"}]}})", R"({"spec":{"tolerations":[{"key":"b"}]}})",
       R"({"spec":{"tolerations":[{"key":"b"}]}})"},
      {R"({"spec":{"nodeSelector":{"a":"1","b":"2"}}})",
       R"({"spec":{"nodeSelector":{"a":null,"c":"3"}}})",
       R"({"spec":{"nodeSelector":{"b":"2","c":"3"}}})"},
      {R"({"spec":{"nodeSelector":{"a":"1"}}})",
       R"({"spec":{"nodeSelector":{"$patch":"replace","c":"3"}}})",
       R"({"spec":{"nodeSelector":{"c":"3"}}})"},
      {R"({"spec":{"nodeSelector":{"a":"1"}}})", R"({"spec":{"nodeSelector":{"$patch":"delete"}}})",
       R"({"spec":{"nodeSelector":{}}})"},
      {R"({"spec":{"overhead":{"a":"1"}}})", R"({"spec":{"overhead":{"b":"2"}}})",
       R"({"spec":{"overhead":{"b":"2"}}})"},
      {R"({"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}})",
       R"({"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}})",
       R"({"spec":{"strategy":{"type":"Recreate"}}})"},
      {R"({"kind":"A"})", R"({"metadata":{"labels":{"x":"1","y":null}},"kind":"B"})",
       R"({"kind":"B","metadata":{"labels":{"x":"1"}}})"},
  };
  for (const auto& c : kCases) EXPECT_EQ(patched(c[0], c[1]), c[2]);
}

TEST(StrategicPatch, errorsAreTheApiServers) {
  const struct {
    const char* doc;
    const char* patch;
    const char* want;
  } kCases[] = {
      {"{}", R"({"spec":{"$patch":"x"},"$patch":"spin"})",
       "unknown patch type: spin in map: map[$patch:spin spec:map[$patch:x]]"},
      {R"({"spec":{"containers":[{"name":"a"}]}})", R"({"spec":{"containers":[{"image":"x"}]}})",
       "map: map[image:x] does not contain declared merge key: name"},
      {R"({"spec":{"containers":[{"name":"a"}]}})",
       R"({"spec":{"containers":[{"$patch":"merge"}]}})",
       "merging lists cannot yet be specified in the patch"},
      {R"({"spec":{"containers":[{"name":"a"}]}})", R"({"spec":{"containers":["a"]}})",
       "list element types are not identical"},
      {R"({"metadata":{"finalizers":["a"]}})", R"({"metadata":{"finalizers":[["a"]]}})",
       "list element types are not identical"},
      {R"({"metadata":{"finalizers":[]}})", R"({"metadata":{"finalizers":[["a"]]}})",
       "lists of lists are not supported"},
      {R"({"spec":{"odd":{"a":1}}})", R"({"spec":{"odd":{"b":1}}})", "unable to find api field"},
      {"{}", R"({"metadata":{"$deleteFromPrimitiveList/finalizers":"x"}})", ""},
      {R"({"metadata":{}})", R"({"metadata":{"$deleteFromPrimitiveList/finalizers":"x"}})",
       "invalid patch format of primitive list"},
      {R"({"metadata":{}})", R"({"metadata":{"$setElementOrder/finalizers":"x"}})",
       "expected a []interface {}, but received a string"},
      {R"({"metadata":{}})", R"({"metadata":{"$setElementOrder":[]}})",
       "invalid patch format of setElementOrder list"},
      {R"({"spec":{"strategy":{"type":"A"}}})",
       R"({"spec":{"strategy":{"$retainKeys":["type"],"rollingUpdate":{}}}})",
       "invalid patch format of retainKeys"},
      {R"({"metadata":{"finalizers":["a"]}})",
       R"({"metadata":{"$setElementOrder/finalizers":["a","b"],"finalizers":["b","a"]}})",
       "The order in patch list:\n[b a]\n doesn't match $setElementOrder list:\n[a b]\n"},
      {"{}", "[]", "invalid JSON document"},
  };
  for (const auto& c : kCases) EXPECT_CONTAINS(patched(c.doc, c.patch), c.want);
}

}  // namespace
}  // namespace meshka::doc
