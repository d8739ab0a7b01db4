#include "doc/yaml.h"

#include "base/test/test.h"
#include "doc/limits.h"
#include "doc/yaml_scalar.h"

namespace meshka::doc {
namespace {

// All documents as JSON, separated by a space.
std::string read(std::string_view text, const ParseOptions& options = {}) {
  const auto docs = parseYaml(text, options);
  if (!docs) return docs.error().message();
  std::string out;
  for (const Doc& doc : *docs) {
    if (!out.empty()) out += ' ';
    out += toJson(doc);
  }
  return out;
}

// The expected values are what sigs.k8s.io/yaml 1.6 answers.
TEST(Yaml, resolvesScalarsAsKubectlDoes) {
  const struct {
    const char* text;
    const char* want;
  } kCases[] = {
      {"yes", "true"},
      {"Yes", "true"},
      {"yEs", "\"yEs\""},
      {"y", "true"},
      {"N", "false"},
      {"off", "false"},
      {"~", ""},
      {"null", ""},
      {"nULL", "\"nULL\""},
      {"'yes'", "\"yes\""},
      {"\"1\"", "\"1\""},
      {"0x1F", "31"},
      {"017", "15"},
      {"08", "8"},
      {"0o17", "15"},
      {"0b11", "3"},
      {"-0x10", "-16"},
      {"+5", "5"},
      {"1_000", "1000"},
      {"1e3", "1000"},
      {"1.0", "1"},
      {"1.", "1"},
      {".5", "0.5"},
      {"1.10", "1.1"},
      {"1e-400", "0"},
      {"1e400", "\"1e400\""},
      {"1:30", "\"1:30\""},
      {"1:30:59.5", "\"1:30:59.5\""},
      {"10.0.0.1", "\"10.0.0.1\""},
      {"0xg", "\"0xg\""},
      {"-x", "\"-x\""},
      {"1.2.3", "\"1.2.3\""},
      {"2001-01-01", "\"2001-01-01\""},
      {"=", "\"=\""},
      {"9223372036854775807", "9223372036854775807"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"9223372036854775808", "9223372036854776000"},
      {"+9223372036854775808", "9223372036854776000"},
      {"!!str 12", "\"12\""},
      {"!!int '12'", "12"},
      {"!!float 3", "3"},
      {"!!binary aGk=", "\"hi\""},
      {"!odd 12", "\"12\""},
      {"<<", "\"<<\""},
      {"{1: a, true: b, 1.5: c, 1e300: z, -.inf: d, 'x': e}",
       R"({"-.inf":"d",".inf":"z","1":"a","1.5":"c","true":"b","x":"e"})"},
  };
  for (const auto& c : kCases) EXPECT_EQ(read(c.text), c.want);
}

TEST(Yaml, readsBlocksAnchorsAndMerges) {
  EXPECT_EQ(read("a: |\n  x\n  y\nb: >-\n  x\n  y\nc: 'it''s'\nd: \"\\u00e9\\n\"\n"),
            "{\"a\":\"x\\ny\\n\",\"b\":\"x y\",\"c\":\"it's\",\"d\":\"\xc3\xa9\\n\"}");
  EXPECT_EQ(read("- &a [1, 2]\n- *a\n- &a 3\n- *a\n"), "[[1,2],[1,2],3,3]");
  EXPECT_EQ(read("base: &b {x: 1, w: 2}\nuse:\n  <<: *b\n  w: 3\n"),
            R"({"base":{"w":2,"x":1},"use":{"w":3,"x":1}})");
  EXPECT_EQ(read("a: &a {x: 1}\nb: &b {x: 2, z: 2}\nc:\n  <<: [*a, *b]\n"),
            R"({"a":{"x":1},"b":{"x":2,"z":2},"c":{"x":1,"z":2}})");
  EXPECT_EQ(read("k: &k name\n*k : v\n"), R"({"k":"name","name":"v"})");
}

TEST(Yaml, readsStreams) {
  EXPECT_EQ(read("---\na: 1\n---\n# nothing\n---\nb: 2\n...\n---\nnull\n"), R"({"a":1} {"b":2})");
  EXPECT_EQ(read(""), "");
  const auto none = parseYamlDocument("# only a comment\n");
  ASSERT_OK(none);
  EXPECT_TRUE(none->value().isNull());
  EXPECT_FALSE(parseYamlDocument("a: 1\n---\nb: 2\n"));
}

TEST(Yaml, nothingIsNoDocument) {
  const auto parsed = parseYaml(std::string_view());  // no address at all
  ASSERT_OK(parsed);
  EXPECT_TRUE(parsed->empty());
}

TEST(Yaml, errorsNameTheLine) {
  const struct {
    std::string_view text;
    const char* want;
  } kCases[] = {
      {"a: 1\nb: c: d\n", "yaml: line 2: mapping values are not allowed in this context"},
      {"a:\n\t- b\n", "yaml: line 2: found character that cannot start any token"},
      {"a: [1\nb: 2\n", "line 2"},
      {"a: 1\nb: *x\n", "yaml: line 2: unknown anchor 'x' referenced"},
      {"a: &a\n  b: *a\n", "yaml: line 2: anchor 'a' value contains itself"},
      {"a: &a\n  <<: *a\n", "yaml: line 2: anchor 'a' value contains itself"},
      {"a: &a [&b [*a]]\n", "contains itself"},
      {"x:\n  <<: 1\n", "yaml: line 2: map merge requires map or sequence of maps as the value"},
      {"a: 1\n? [x]\n: 1\n", "line 2: invalid map key"},
      {"~: 1\n", "line 1: unsupported map key null"},
      {"a: !!int x\n", "line 1: cannot decode !!str `x` as a !!int"},
      {"a: !!binary '*'\n", "line 1: !!binary value contains invalid base64 data"},
      {"a: .inf\n", "json: unsupported value: +Inf"},
      {"a: .nan\n", "json: unsupported value: NaN"},
      {"a: 1\nb: \xff\n", "line 2: invalid UTF-8"},
      {"a: \"\x01\"\n", "line 1"},
  };
  for (const auto& c : kCases) EXPECT_CONTAINS(read(c.text), c.want);
}

TEST(Yaml, keepsItsLimits) {
  // A billion laughs: by size, by count of empty things, and by merges that yield nothing.
  std::string laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  std::string empty = "a0: &a0 [[], [], [], [], [], [], [], [], [], []]\n";
  std::string merges = "a0: &a0 {}\n";
  for (int i = 1; i < 10; ++i) {
    std::string aliases = cat("*a", i - 1);
    for (int k = 0; k < 9; ++k) aliases += cat(", *a", i - 1);
    laughs += cat("a", i, ": &a", i, " [", aliases, "]\n");
    empty += cat("a", i, ": &a", i, " [", aliases, "]\n");
    merges += cat("a", i, ": &a", i, "\n  <<: [", aliases, "]\n");
  }
  for (const std::string& text : {laughs, empty, merges}) {
    const auto docs = parseYaml(text);
    ASSERT_TRUE(!docs);
    EXPECT_TRUE(docs.error().code() == Code::kTooLarge);
    EXPECT_CONTAINS(docs.error().message(), "document contains excessive aliasing");
  }
  const auto nested = [](size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_OK(parseYaml(nested(100)));
  EXPECT_CONTAINS(read(nested(101)), "nested deeper than 100 levels");
  std::string deep = "a0: &a0 []\n";
  for (int i = 1; i < 200; ++i) deep += cat("a", i, ": &a", i, " [*a", i - 1, "]\n");
  EXPECT_CONTAINS(read(deep), "nested deeper than 100 levels");
  EXPECT_TRUE(parseYaml("a: 1234", {.max_bytes = 6}).error().code() == Code::kTooLarge);
}

TEST(Yaml, namesDuplicateKeys) {
  std::vector<std::string> names;
  EXPECT_EQ(read("a: 1\nb:\n- c: 1\n  c: 2\na: 3\n---\nx: &x {k: 1}\nz: {<<: *x, k: 2}\n",
                 {.duplicate_keys = &names}),
            R"({"a":3,"b":[{"c":2}]} {"x":{"k":1},"z":{"k":2}})");
  EXPECT_EQ(join(names, " "), "b[0].c a");
}

TEST(Yaml, printsAsKubectlDoes) {
  const auto doc = parseJson(test::readFileOrDie("testdata/kubectl.json"));
  ASSERT_OK(doc);
  const std::string yaml = toYaml(*doc);
  EXPECT_GOLDEN(yaml, "testdata/kubectl.yaml");
  const auto back = parseYamlDocument(yaml);
  ASSERT_OK(back);
  EXPECT_EQ(toJson(*back), toJson(*doc));
}

TEST(Yaml, printsSmallValues) {
  const struct {
    const char* json;
    const char* want;
  } kCases[] = {
      {"{}", "{}\n"},
      {"[]", "[]\n"},
      {"null", "null\n"},
      {"\"\"", "\"\"\n"},
      {"[[1,[2]],{\"a\":[]}]", "- - 1\n  - - 2\n- a: []\n"},
      {R"({"k10":1,"k9":1,"K":1,"_":1,"1":1,"k01":1})",
       "_: 1\n\"1\": 1\nK: 1\nk01: 1\nk9: 1\nk10: 1\n"},
      {R"(["1:30","2001-1-2","2001-02-29","1e3",".5","-","no","No!","a: b","x\n","x\n\n"])",
       "- \"1:30\"\n- \"2001-1-2\"\n- 2001-02-29\n- \"1e3\"\n- \".5\"\n- '-'\n- \"no\"\n- No!\n- "
       "'a: b'\n- |\n  x\n- |+\n  x\n\n"},
      {R"([1e21,0.000001,1500000.5,-7])", "- 1e+21\n- 1e-06\n- 1.5000005e+06\n- -7\n"},
  };
  for (const auto& c : kCases) EXPECT_EQ(toYaml(*parseJson(c.json)), c.want);
}

}  // namespace
}  // namespace meshka::doc
