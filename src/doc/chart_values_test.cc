#include "doc/chart_values.h"

#include "base/strings.h"
#include "base/test/test.h"
#include "doc/yaml.h"

namespace meshka::doc {
namespace {

Doc yaml(std::string_view text) {
  auto parsed = parseYamlDocument(text);
  EXPECT_OK(parsed);
  return parsed ? *parsed : Doc();
}

constexpr ChartKey kKeys[] = {{"used", KeyUse::kUsed},
                              {"a.b", KeyUse::kUsed},
                              {"a.later.*", KeyUse::kNotYet},
                              {"a.*", KeyUse::kNoEffect},
                              {"telemetry.*", KeyUse::kMoot}};

std::string warnings(std::string_view text) {
  return join(valuesWithoutEffect(yaml(text), kKeys), "\n");
}

TEST(ChartValues, LaterLayersWin) {
  const Doc merged = mergeValues(yaml("a: {b: 1, c: [1, 2]}\nd: x"), yaml("a: {b: 2, c: [3]}"));
  EXPECT_TRUE(merged == yaml("a: {b: 2, c: [3]}\nd: x"));
}

TEST(ChartValues, NamesWhatHasNoEffect) {
  EXPECT_EQ(warnings("{used: 1, a: {b: 1}, telemetry: {disabled: true}}"), "");
  EXPECT_EQ(warnings("ussed: 1"), "values: ussed is not a known key and has no effect");
  EXPECT_EQ(warnings("a: {later: {x: {y: 1}}}"),
            "values: a.later.x is not supported yet and has no effect");
  EXPECT_EQ(warnings("a: {else: 1}"), "values: a.else has no effect here");
  EXPECT_EQ(warnings("a: 5"), "values: a is not a known key and has no effect");
}

TEST(ChartValues, ReadsLeavesOfTheirType) {
  const Doc values = yaml("{enabled: true, tag: 2, port: '80', none: null, deep: {text: x}}");
  const ValuesReader reader(values);
  bool on = false;
  std::string text = "before";
  uint16_t port = 1;
  EXPECT_OK(reader.boolean("enabled", on));
  EXPECT_TRUE(on);
  EXPECT_OK(reader.text("tag", text));
  EXPECT_EQ(text, "2");
  EXPECT_OK(reader.text("deep.text", text));
  EXPECT_OK(reader.text("none", text));
  EXPECT_OK(reader.text("absent.text", text));
  EXPECT_EQ(text, "x");
  EXPECT_OK(reader.port("port", port));
  EXPECT_EQ(port, 80);
  EXPECT_EQ(reader.boolean("tag", on).error().message(), "values: tag must be true or false");
  EXPECT_EQ(reader.text("deep", text).error().message(), "values: deep must be a string");
  EXPECT_EQ(reader.port("enabled", port).error().message(),
            "values: enabled must be a port from 1 to 65535");
}

}  // namespace
}  // namespace meshka::doc
