#include "doc/json.h"

#include "base/test/test.h"
#include "doc/limits.h"

namespace meshka::doc {
namespace {

std::string again(std::string_view text) {
  const auto doc = parseJson(text);
  return doc ? toJson(*doc) : cat("error: ", doc.error().message());
}

TEST(Json, writesTheCanonicalForm) {
  const struct {
    const char* text;
    const char* want;
  } kCases[] = {
      {" { \"b\" : [ 1 , 2 ] , \"a\" : { } } ", R"({"a":{},"b":[1,2]})"},
      {"\"<a href='x'>&\"", "\"<a href='x'>&\""},
      {R"("\u0041\u00e9\ud83d\ude00\/")", "\"A\xc3\xa9\xf0\x9f\x98\x80/\""},
      {R"("\u0000\u001f\b\f\n\r\t\"\\")", R"("\u0000\u001f\b\f\n\r\t\"\\")"},
      {R"("\ud800")", "\"\xef\xbf\xbd\""},
      {R"("\ud800\ud83d\ude00x\udc00")", "\"\xef\xbf\xbd\xf0\x9f\x98\x80x\xef\xbf\xbd\""},
      {R"("\\ud800")", R"("\\ud800")"},
      {"9223372036854775807", "9223372036854775807"},
      {"9223372036854775808", "9223372036854776000"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"1.0", "1"},
      {"1e3", "1000"},
      {"0.1", "0.1"},
      {"1e21", "1e+21"},
      {"123456789012345678901", "123456789012345680000"},
      {"-1e15", "-1000000000000000"},
      {"1234567890123456.5", "1234567890123456.5"},
      {"999999999999999.9", "999999999999999.9"},
      {"1e-7", "1e-7"},
      {"1.5e-10", "1.5e-10"},
      {"0.000001", "0.000001"},
      {"-0", "0"},
      {"-0.0", "0"},
      {"1e-400", "0"},
      {"5e-324", "5e-324"},
      {"1.7976931348623157e308", "1.7976931348623157e+308"},
      {R"({"a":1,"b":2,"a":3})", R"({"a":3,"b":2})"},
  };
  for (const auto& c : kCases) EXPECT_EQ(again(c.text), c.want);
}

TEST(Json, refusesWhatIsNotJson) {
  const struct {
    std::string_view text;
    const char* where;
  } kCases[] = {
      {"", "line 1, column 1: The document is empty"},
      {"{\n \"a\": tru\n}", "line 2, column 10"},
      {"[1,]", "line 1, column 4"},
      {"{\"a\" 1}", "line 1, column 6"},
      {"[1] 2", "line 1, column 5"},
      {std::string_view("[1]\0]", 5), "line 1, column 4"},
      {"\"a\nb\"", "line 1, column"},
      {"\"\\x\"", "line 1, column"},
      {"01", "line 1, column 2"},
      {"+1", "line 1, column 1"},
      {"NaN", "line 1, column"},
      {"-Infinity", "line 1, column"},
      {"1e400", "line 1, column 1: Number too big"},
      {"'a'", "line 1, column 1"},
      {"\"\xff\"", "line 1, column 2: invalid UTF-8"},
      {"\"\xed\xa0\x80\"", "line 1, column 2: invalid UTF-8"},
      {"\"\xc0\xaf\"", "line 1, column 2: invalid UTF-8"},
  };
  for (const auto& c : kCases) {
    const auto doc = parseJson(c.text);
    ASSERT_TRUE(!doc);
    EXPECT_TRUE(doc.error().code() == Code::kInvalid);
    EXPECT_CONTAINS(doc.error().message(), c.where);
  }
}

TEST(Json, keepsItsLimits) {
  const auto nested = [](size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_OK(parseJson(nested(100)));
  EXPECT_CONTAINS(parseJson(nested(101)).error().message(), "nested deeper than 100 levels");
  EXPECT_OK(parseJson(nested(kMaxDepth), {.max_depth = 1000000}));
  EXPECT_FALSE(parseJson(nested(kMaxDepth + 1), {.max_depth = 1000000}));
  EXPECT_FALSE(parseJson(std::string(1000000, '[')));
  EXPECT_OK(parseJson("[123]", {.max_bytes = 5}));
  EXPECT_TRUE(parseJson("[1234]", {.max_bytes = 5}).error().code() == Code::kTooLarge);
}

TEST(Json, namesDuplicateKeys) {
  std::vector<std::string> names;
  const auto doc = parseJson(
      R"({"spec":{"containers":[{"name":"a"},{"odd":1,"name":"b","odd":2,"odd":3}],"x.y":{"q":1,"q":1}},
                                 "kind":"A","kind":"B"})",
      {.duplicate_keys = &names});
  ASSERT_OK(doc);
  EXPECT_EQ(join(names, " "), "spec.containers[1].odd spec.x.y.q kind");
  EXPECT_EQ(
      toJson(*doc),
      R"({"kind":"B","spec":{"containers":[{"name":"a"},{"name":"b","odd":3}],"x.y":{"q":1}}})");
}

TEST(Json, printsPretty) {
  const auto doc = parseJson(R"({"a":[],"b":{},"c":[1,{"d":null}]})");
  ASSERT_OK(doc);
  EXPECT_EQ(
      toPrettyJson(*doc, 2),
      "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    1,\n    {\n      \"d\": null\n    }\n  ]\n}");
}

}  // namespace
}  // namespace meshka::doc
