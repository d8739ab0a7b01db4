#include "doc/json_path.h"

#include "base/test/test.h"
#include "doc/json.h"

namespace meshka::doc {
namespace {

std::string found(Value root, std::string_view path) {
  const auto compiled = JsonPath::parse(path);
  if (!compiled) return cat("error: ", compiled.error().message());
  std::string out;
  for (Value v : compiled->find(root)) out += cat(out.empty() ? "" : " ", toJson(v));
  return out;
}

TEST(JsonPath, findsWhatKubectlFinds) {
  const auto doc = parseJson(R"({"metadata":{"name":"n","annotations":{"a.b/c":"x"}},
    "items":[{"name":"a","n":1,"on":true},{"name":"b","n":2},{"name":"c","n":3.5,"deep":{"name":"d"}}],
    "status":{"conditions":[{"type":"Ready","status":"True"},{"type":"Other","status":"False"}]}})");
  ASSERT_OK(doc);
  const char* const kCases[][2] = {
      {".metadata.name", "\"n\""},
      {"{.metadata.name}", "\"n\""},
      {"$.metadata.name", "\"n\""},
      {"metadata.name", "\"n\""},
      {"{ @.metadata.name }", "\"n\""},
      {".metadata.annotations.a\\.b/c", "\"x\""},
      {".metadata.annotations['a.b/c']", "\"x\""},
      {".metadata['name','annotations']", R"("n" {"a.b/c":"x"})"},
      {".missing.name", ""},
      {".items.name", ""},
      {".items[0].name", "\"a\""},
      {".items[-1].name", "\"c\""},
      {".items[-2].name", "\"b\""},
      {".items[3].name", ""},
      {".items[-4].name", ""},
      {".items[0,2].name", R"("a" "c")"},
      {".items[1:].name", R"("b" "c")"},
      {".items[:-1].name", R"("a" "b")"},
      {".items[0:3:2].name", R"("a" "c")"},
      {".items[*].name", R"("a" "b" "c")"},
      {".metadata.*", R"({"a.b/c":"x"} "n")"},
      {".status.conditions[?(@.type==\"Ready\")].status", "\"True\""},
      {".status.conditions[?(@.type=='Nope')].status", ""},
      {".items[?(@.n>1)].name", R"("b" "c")"},
      {".items[?(@.n<=2)].name", R"("a" "b")"},
      {".items[?(@.n==2.0)].name", "\"b\""},
      {".items[?(@.name!=\"a\")].n", "2 3.5"},
      {".items[?(@.deep)].name", "\"c\""},
      {".items[?(@.on==true)].name", "\"a\""},
      {".items[?( @.deep.name == 'd' )].n", "3.5"},
      {".items[?(@.name == $.metadata.name)].n", ""},
      {"..name", R"("a" "b" "c" "d" "n")"},
      {".items..name", R"("a" "b" "c" "d")"},
      {"..[0].name", "\"a\""},
  };
  for (const auto& c : kCases) EXPECT_EQ(found(*doc, c[0]), c[1]);
}

TEST(JsonPath, refusesWhatItCannotRead) {
  const char* const kCases[][2] = {
      {"{.a", "unclosed action"},
      {".a[0", "unterminated array"},
      {".a[x]", "invalid array index x"},
      {".a[]", "invalid array index"},
      {".a[?(@.b==1]", "unterminated filter"},
      {".a[?(@.b==zz)]", "unrecognized identifier zz"},
      {".a['b]", "unterminated quoted string"},
      {".a[1:2:0]", "step must be > 0"},
      {".a..", "unexpected character"},
      {".a b", "unrecognized character in action: b"},
  };
  for (const auto& c : kCases) EXPECT_CONTAINS(found(Value(), c[0]), c[1]);
  std::string deep;
  for (int i = 0; i < 50; ++i) deep += ".a[?(@";
  EXPECT_CONTAINS(found(Value(), deep), "filters are nested too deep");
}

TEST(JsonPath, endsWhenTheSearchExplodes) {
  Draft list = Draft::array();
  for (int i = 0; i < 2000; ++i) list.push(Draft::array({1, 2, 3}));
  std::string path;
  for (int i = 0; i < 20; ++i) path += "..[*]";
  EXPECT_TRUE(JsonPath::parse(path)->find(list.finish()).size() <= 1'000'000u);
}

}  // namespace
}  // namespace meshka::doc
