#include "api/quantity.h"

#include "api/meta.h"
#include "base/test/test.h"
#include "doc/json.h"

namespace meshka::api {
namespace {

std::string canonical(std::string_view text) {
  const auto q = Quantity::parse(text);
  return q ? q->toString() : cat("error: ", q.error().message());
}

TEST(Quantity, hasOneCanonicalText) {
  const char* const kCases[][2] = {
      {"0", "0"},
      {"0.0Gi", "0"},
      {"1", "1"},
      {"1000", "1k"},
      {"1500", "1500"},
      {"1.5k", "1500"},
      {"0.5", "500m"},
      {"1.5", "1500m"},
      {"100m", "100m"},
      {"1000m", "1"},
      {".1", "100m"},
      {"1.", "1"},
      {"+2", "2"},
      {"-500m", "-500m"},
      {"1e3", "1e3"},
      {"12E6", "12e6"},
      {"1e-3", "1e-3"},
      {"1234e0", "1234"},
      {"1Ki", "1Ki"},
      {"1024Mi", "1Gi"},
      {"1.5Gi", "1536Mi"},
      {"0.5Ki", "512"},
      {"512Mi", "512Mi"},
      {"1000Ki", "1000Ki"},
      {"1E", "1E"},
      {"1Ei", "1Ei"},
      {"1000E", "1000E"},
      {"1u", "1u"},
      {"0.1n", "1n"},
      {"1.0000000001", "1000000001n"},
      {"100000000000", "100G"},
      {"3M", "3M"},
      {"0.3Gi", "322122547200m"},
      {"-1.5Gi", "-1536Mi"},
  };
  for (const auto& c : kCases) EXPECT_EQ(canonical(c[0]), c[1]);
  for (const char* bad : {"", "a", "1.2.3", "1 Gi", "--1", "1Gi1x", "."})
    EXPECT_CONTAINS(canonical(bad), "error: quantities must match the regular expression");
  for (const char* bad : {"1K", "1Gii", "1mm", "1e", "1i"})
    EXPECT_EQ(canonical(bad), "error: unable to parse quantity's suffix");
}

TEST(Quantity, computes) {
  const auto q = [](std::string_view text) { return *Quantity::parse(text); };
  EXPECT_TRUE(q("1Gi") > q("1G"));
  EXPECT_TRUE(q("1000m") == q("1"));
  EXPECT_EQ((q("100m") + q("1")).toString(), "1100m");
  EXPECT_EQ((q("1Gi") - q("512Mi")).toString(), "512Mi");
  EXPECT_EQ((q("0") + q("1Gi")).toString(), "1Gi");
  EXPECT_EQ(q("1500m").value(), 2);
  EXPECT_EQ(q("-1500m").value(), -2);
  EXPECT_EQ(q("0.5m").milliValue(), 1);
  EXPECT_EQ(q("1e40").value(), INT64_MAX);
  EXPECT_EQ(Quantity::of(doc::parseJson("2.5")->value()).toString(), "2500m");
  EXPECT_TRUE(Quantity::of({}).isZero());
  EXPECT_EQ(Quantity::ofMilli(2500).toString(), "2500m");
  EXPECT_EQ(Quantity::ofValue(2048, Quantity::Format::kBinary).toString(), "2Ki");
}

TEST(Meta, setsConditionsAndFinalizers) {
  doc::Draft object = doc::Draft::object();
  const WallTime t1{1'000'000'000};
  const WallTime t2{2'000'000'000};
  EXPECT_TRUE(setCondition(object, {"Ready", "False", "Starting", "", {}}, t1));
  EXPECT_FALSE(setCondition(object, {"Ready", "False", "Starting", "", {}}, t2));
  EXPECT_TRUE(setCondition(object, {"Ready", "False", "Waiting", "", {}}, t2));
  EXPECT_EQ(findCondition(object.finish(), "Ready")["lastTransitionTime"].text(),
            "1970-01-01T00:00:01Z");
  EXPECT_TRUE(setCondition(object, {"Ready", "True", "Up", "", 3}, t2));
  const doc::Doc done = object.finish();
  EXPECT_EQ(findCondition(done, "Ready")["lastTransitionTime"].text(), "1970-01-01T00:00:02Z");
  EXPECT_TRUE(conditionIs(done, "Ready"));
  EXPECT_FALSE(conditionIs(done, "Other"));
  EXPECT_TRUE(addFinalizer(object, "a/b"));
  EXPECT_FALSE(addFinalizer(object, "a/b"));
  EXPECT_TRUE(Meta(object.finish()).hasFinalizer("a/b"));
  EXPECT_TRUE(removeFinalizer(object, "a/b"));
  EXPECT_FALSE(removeFinalizer(object, "a/b"));
  EXPECT_FALSE(Meta(object.finish()).finalizers().exists());
}

}  // namespace
}  // namespace meshka::api
