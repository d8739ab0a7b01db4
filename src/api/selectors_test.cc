#include "api/selectors.h"

#include "api/names.h"
#include "base/test/test.h"
#include "doc/json.h"

namespace meshka::api {
namespace {

std::string reparse(std::string_view text) {
  const auto selector = LabelSelector::parse(text);
  return selector ? selector->toString() : cat("error: ", selector.error().message());
}

TEST(LabelSelector, readsAndPrintsText) {
  const char* const kCases[][2] = {
      {"", ""},
      {"app=web", "app=web"},
      {"app == web", "app==web"},
      {"app!=web", "app!=web"},
      {" a , !b ", "a,!b"},
      {"x in (b, a),y notin (c)", "x in (a,b),y notin (c)"},
      {"x in ()", "x in ()"},
      {"x in (,a)", "x in (,a)"},
      {"x in (a,)", "x in (,a)"},
      {"a=", "a="},
      {"n>5,n<9", "n>5,n<9"},
      {"in in (in)", "in in (in)"},
      {"b=1,a=2", "a=2,b=1"},
      {"e.x/k=v", "e.x/k=v"},
  };
  for (const auto& c : kCases) EXPECT_EQ(reparse(c[0]), c[1]);
}

TEST(LabelSelector, errorsAreKubernetes) {
  const char* const kCases[][2] = {
      {"a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"},
      {"=a", "found '=', expected: !, identifier, or 'end of string'"},
      {"a,", "found '', expected: identifier after ','"},
      {"!a b", "found 'b', expected: ',' or 'end of string'"},
      {"a=b c", "found 'c', expected: ',' or 'end of string'"},
      {"a in x", "unable to parse requirement: found 'x' expected: '('"},
      {"a in (x", "unable to parse requirement: found '', expected: ',' or ')'"},
      {"a=(", "unable to parse requirement: found '(', expected: identifier"},
      {"!", "unable to parse requirement: found '', expected: identifier"},
      {"a>x",
       "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, "
       "the value must be an integer"},
      {"-a=b",
       "unable to parse requirement: <nil>: Invalid value: \"-a\": name part must consist of "
       "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
       "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
       "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"},
      {"a=b/c",
       "unable to parse requirement: values[0][a]: Invalid value: \"b/c\": a valid label must be "
       "an empty string or consist of alphanumeric characters"},
  };
  for (const auto& c : kCases) EXPECT_CONTAINS(reparse(c[0]), cat("error: ", c[1]));
}

TEST(LabelSelector, matchesLabels) {
  const auto labels = doc::parseJson(R"({"app":"web","n":"7","empty":""})");
  const char* const kYes[] = {"",        "app",     "app=web",        "app in (web,db)",
                              "app!=db", "none!=x", "none notin (x)", "!none",
                              "n>6",     "n<8",     "empty=",         "app,n"};
  const char* const kNo[] = {"!app", "app=db", "app notin (web)", "none",    "none=",
                             "n>7",  "app>1",  "none in ()",      "app,none"};
  for (const char* text : kYes) EXPECT_TRUE(LabelSelector::parse(text)->matches(*labels));
  for (const char* text : kNo) EXPECT_FALSE(LabelSelector::parse(text)->matches(*labels));
  EXPECT_TRUE(LabelSelector::parse("!a")->matches({}));
}

TEST(LabelSelector, readsObjects) {
  const auto make = [](const char* json) {
    return LabelSelector::fromObject(*doc::parseJson(json));
  };
  EXPECT_EQ(
      make(
          R"({"matchLabels":{"b":"1"},"matchExpressions":[{"key":"a","operator":"In","values":["y","x"]},{"key":"c","operator":"DoesNotExist"}]})")
          ->toString(),
      "a in (x,y),b=1,!c");
  EXPECT_TRUE(make("{}")->selectsEverything());
  EXPECT_TRUE(make("null")->selectsNothing());
  EXPECT_TRUE(LabelSelector::fromMap({}).selectsNothing());
  EXPECT_EQ(make(R"({"matchExpressions":[{"key":"a","operator":"Near"}]})").error().message(),
            "\"Near\" is not a valid label selector operator");
  EXPECT_CONTAINS(make(R"({"matchExpressions":[{"key":"a","operator":"In"}]})").error().message(),
                  "values: Invalid value: []: for 'in', 'notin' operators");
}

TEST(FieldSelector, readsAndMatches) {
  const auto pod = doc::parseJson(
      R"({"metadata":{"name":"a,b"},"spec":{"nodeName":"n1","hostNetwork":true,"x":3},"status":{"phase":"Running"}})");
  const char* const kYes[] = {"",
                              "metadata.name=a\\,b",
                              "spec.nodeName==n1,status.phase=Running",
                              "status.phase!=Failed",
                              "spec.hostNetwork=true",
                              "spec.x=3",
                              "spec.none="};
  const char* const kNo[] = {"metadata.name=a", "spec.nodeName!=n1", "spec.none=x"};
  for (const char* text : kYes) EXPECT_TRUE(FieldSelector::parse(text)->matches(*pod));
  for (const char* text : kNo) EXPECT_FALSE(FieldSelector::parse(text)->matches(*pod));
  EXPECT_EQ(*FieldSelector::parse("a=1,metadata.name=x")->required("metadata.name"), "x");
  EXPECT_TRUE(FieldSelector::parse("metadata.name!=x")->required("metadata.name") == nullptr);
  EXPECT_EQ(FieldSelector::parse("a,b").error().message(),
            "invalid selector: 'a,b'; can't understand 'a'");
  EXPECT_CONTAINS(FieldSelector::parse("a=b=c").error().message(),
                  "unescaped character in value: =");
  EXPECT_CONTAINS(FieldSelector::parse("a=b\\c").error().message(), "invalid escape sequence: \\c");
}

TEST(Names, complainLikeKubernetes) {
  EXPECT_TRUE(checkDns1123Label("a-1").empty());
  EXPECT_EQ(joinComplaints(checkDns1123Label("a.b")), "must not contain dots");
  EXPECT_EQ(
      joinComplaints(checkDns1123Subdomain("A")),
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
      "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
      "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
  const auto bad = [](auto check, std::initializer_list<const char*> values) {
    for (const char* v : values) EXPECT_FALSE(check(v).empty());
  };
  const auto good = [](auto check, std::initializer_list<const char*> values) {
    for (const char* v : values) EXPECT_EQ(joinComplaints(check(v)), "");
  };
  bad(checkDns1123Label, {"", "-a", "a-", "A", "a_b",
                          "0123456789012345678901234567890123456789012345678901234567890123"});
  good(checkDns1123Subdomain, {"a", "a.b", "1.2-3.c"});
  bad(checkDns1123Subdomain, {"", "a..b", ".a", "a.", "a.-b", "a_b"});
  good(checkWildcardDns1123Subdomain, {"*.a", "*.a.b"});
  bad(checkWildcardDns1123Subdomain, {"a", "*", "*.", "*a.b"});
  good(checkDns1035Label, {"a", "a-1"});
  bad(checkDns1035Label, {"1a", "", "a.b"});
  good(checkQualifiedName, {"a", "A_b.c", "x.y/Z", "a/1"});
  bad(checkQualifiedName, {"", "/a", "a/", "a/b/c", "X/a", "_a", "a_"});
  good(checkLabelValue, {"", "a", "A_b.c"});
  bad(checkLabelValue, {"_", "a/b", "a "});
  good(checkPortName, {"http", "a-1"});
  bad(checkPortName, {"", "80", "a--b", "-a", "A", "sixteen-letters-"});
  good(checkConfigMapKey, {"a.b", ".a", "_"});
  bad(checkConfigMapKey, {"", ".", "..", "..a", "a/b"});
  good(checkEnvVarName, {"A", "_a.b-c"});
  bad(checkEnvVarName, {"", "1a", "a=b", ".."});
  good(checkPathSegmentName, {"system:node", "a b"});
  bad(checkPathSegmentName, {".", "..", "a/b", "a%b"});
  EXPECT_EQ(
      checkPortNumber(65535).size() + checkPortNumber(0).size() + checkPortNumber(65536).size(),
      2u);
}

}  // namespace
}  // namespace meshka::api
