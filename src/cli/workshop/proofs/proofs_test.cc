// The parts of the proofs that need no cluster: the plan, its manifests, and packets.
#include "base/test/test.h"
#include "cli/workshop/proofs/capture.h"
#include "cli/workshop/proofs/plan.h"

namespace meshka::cli::workshop {
namespace {

TEST(ProofPlan, namesByVariantAndErrors) {
  constexpr std::string_view kPlan = R"({near: {context: a, named: c-1, literal: c_1},
    far: {context: b, named: c-2, literal: c_2}, management: m, client: [x, y],
    first: {NS: nn}, manifests: {route: "r ${NS}"}})";
  const auto plan = parsePlan(kPlan, "literal");
  ASSERT_OK(plan);
  EXPECT_EQ(plan->far.name, "c_2");
  EXPECT_EQ(*fill(plan->manifests.at("route"), plan->first), "r nn");
  EXPECT_EQ(fill("${A}${B}", {{"A", "1"}}).error().message(),
            "a manifest uses ${B}, which has no value");
  EXPECT_EQ(parsePlan("near: {context: a}", "named").error().message(), "near.named must be text");
}

std::string packet(uint32_t sequence, std::string_view bytes, uint8_t flags = 0x18) {
  std::string out(40, '\0');
  const size_t total = 40 + bytes.size();
  out[0] = 0x45;
  out[2] = static_cast<char>(total >> 8);
  out[3] = static_cast<char>(total);
  out[9] = 6;
  for (const size_t at : {size_t{12}, size_t{16}}) out.replace(at, 4, std::string("\x0a\0\0\1", 4));
  out[19] = 2;
  out[20] = 0x10;  // port 4096
  out[22] = 0x3c;  // port 15443
  out[23] = 0x53;
  for (int i = 0; i < 4; ++i) out[24 + i] = static_cast<char>(sequence >> (24 - 8 * i));
  out[32] = 0x50;
  out[33] = static_cast<char>(flags);
  return out + std::string(bytes);
}

std::string hello(std::string_view name) {
  std::string extension("\0\0", 2);
  const auto two = [](size_t n) {
    return std::string{static_cast<char>(n >> 8), static_cast<char>(n)};
  };
  extension += two(name.size() + 5) + two(name.size() + 3) + std::string(1, '\0') +
               two(name.size()) + std::string(name);
  std::string body = std::string("\x03\x03", 2) + std::string(32, 'r') + std::string(1, '\0') +
                     std::string("\0\2\x13\1\1\0", 6) + two(extension.size()) + extension;
  body = std::string("\1\0", 2) + two(body.size()) + body;
  return std::string("\x16\3\1", 3) + two(body.size()) + body;
}

TEST(Capture, streamsComeInOrderAndOnce) {
  std::vector<Segment> segments;
  const std::string text = hello("outbound_.9080_._.a.b");
  for (const auto& one :
       {packet(99, "", 2), packet(110, text.substr(10)), packet(100, text.substr(0, 10)),
        packet(100, text.substr(0, 10)), packet(110, text.substr(10))}) {
    Segment segment;
    ASSERT_TRUE(parseSegment(one, segment));
    segments.push_back(segment);
  }
  const auto whole = streams(segments);
  ASSERT_EQ(whole.size(), 1u);
  EXPECT_EQ(whole.begin()->first, "10.0.0.1:4096 > 10.0.0.2:15443");
  EXPECT_EQ(serverName(whole.begin()->second), "outbound_.9080_._.a.b");
}

TEST(Capture, clearTextIsSeen) {
  EXPECT_TRUE(hasHttpText("GET /x HTTP/1.1\r\n"));
  EXPECT_FALSE(hasHttpText(hello("x")));
  EXPECT_EQ(serverName("GET /x HTTP/1.1\r\nHost: somewhere.example\r\n\r\n"), "");
}

TEST(Capture, brokenPacketsAreNothing) {
  const std::string text = hello("outbound_.9080_._.a.b");
  for (size_t n = 0; n < text.size(); ++n) EXPECT_EQ(serverName(text.substr(0, n)), "");
  const std::string whole = packet(1, text);
  Segment segment;
  for (size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(parseSegment(whole.substr(0, n), segment));
}

}  // namespace
}  // namespace meshka::cli::workshop
