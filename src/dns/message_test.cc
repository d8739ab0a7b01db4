#include "dns/message.h"

#include <filesystem>

#include "base/rng.h"
#include "base/test/test.h"
#include "dns/limits.h"

#include "dns/message_fuzz.cc"  // the property, driven by its seeds

namespace meshka::dns {
namespace {

TEST(message, fuzzSeeds) {
  int n = 0;
  for (const auto& entry : std::filesystem::directory_iterator("testdata/fuzz/message_fuzz")) {
    const std::string bytes = test::readFileOrDie(entry.path().string());
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    ++n;
  }
  EXPECT_EQ(n, 7);
}

std::string header(uint16_t id, int questions, int additional = 0) {
  std::string out;
  for (const int v : {static_cast<int>(id), 0x0100, questions, 0, 0, additional}) {
    out.push_back(static_cast<char>(v >> 8));
    out.push_back(static_cast<char>(v));
  }
  return out;
}
std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int v : values) out.push_back(static_cast<char>(v));
  return out;
}

TEST(message, query) {
  const std::string wire = header(0x1234, 1) +
                           "\x03"
                           "Web"
                           "\x07"
                           "default" +
                           bytes({0, 0, 1, 0, 1});
  const auto q = parseQuery(wire);
  ASSERT_OK(q);
  EXPECT_EQ(q->id, 0x1234);
  EXPECT_TRUE(q->recursion_desired);
  EXPECT_EQ(q->question.name, "web.default");
  EXPECT_EQ(q->question.type, 1);
  EXPECT_FALSE(q->edns);
  const std::string answer = writeAnswer(*q, {}, 512);
  EXPECT_EQ(answer.substr(12), wire.substr(12));  // the question's case is kept
}

TEST(message, edns) {
  const std::string wire =
      header(1, 1, 1) + bytes({1, 'a', 0, 0, 1, 0, 1, 0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0});
  const auto q = parseQuery(wire);
  ASSERT_OK(q);
  EXPECT_TRUE(q->edns);
  EXPECT_EQ(q->udp_size, 1232);
}

TEST(message, refusesBrokenOnes) {
  const struct {
    const char* what;
    std::string wire;
  } cases[] = {
      {"cut header", std::string(11, '\0')},
      {"two questions", header(1, 2) + bytes({0, 0, 1, 0, 1, 0, 0, 1, 0, 1})},
      {"label beyond the end", header(1, 1) + bytes({9, 'a', 0, 0, 1, 0, 1})},
      {"pointer to itself", header(1, 1) + bytes({0xc0, 12, 0, 1, 0, 1})},
      {"pointer forward", header(1, 1) + bytes({0xc0, 40, 0, 1, 0, 1})},
      {"reserved label type", header(1, 1) + bytes({0x41, 'a', 0, 0, 1, 0, 1})},
      {"cut question", header(1, 1) + bytes({0, 0, 1, 0})},
      {"missing record", header(1, 1, 1) + bytes({0, 0, 1, 0, 1})},
      {"a response", bytes({0, 1, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1})},
  };
  for (const auto& c : cases) EXPECT_EQ(cat(c.what, parseQuery(c.wire) ? " accepted" : ""), c.what);
  std::string longest = header(1, 1);
  for (int i = 0; i < 5; ++i) longest += "\x3f" + std::string(63, 'a');
  EXPECT_FALSE(parseQuery(longest + bytes({0, 0, 1, 0, 1})));
}

TEST(message, oddBytesStayInsideTheirLabel) {
  const auto q = parseQuery(header(1, 1) + bytes({3, 'a', '.', 'b', 0, 0, 1, 0, 1}));
  ASSERT_OK(q);
  EXPECT_EQ(q->question.name, "a\\046b");
  const auto again = parseQuery(writeQuery(7, q->question, true));
  ASSERT_OK(again);
  EXPECT_EQ(again->question.name, q->question.name);
}

Answer manyRecords(int n) {
  Answer a;
  for (int i = 0; i < n; ++i) {
    a.answers.push_back({.name = "db.data.svc.cluster.local",
                         .type = Type::kA,
                         .ttl = 5,
                         .address = std::string(4, 'x')});
  }
  return a;
}

TEST(message, truncatesToTheClientsSize) {
  auto q = parseQuery(writeQuery(1, {.name = "db.data.svc.cluster.local", .type = 1}, true));
  ASSERT_OK(q);
  const std::string small = writeAnswer(*q, manyRecords(100), 512);
  EXPECT_TRUE(small.size() <= 512);
  const auto r = parseResponse(small);
  ASSERT_OK(r);
  EXPECT_TRUE(r->truncated);
  EXPECT_EQ(r->answers.size(), (512u - 12 - 27 - 4) / 16);
  const auto full = parseResponse(writeAnswer(*q, manyRecords(100), 65535));
  ASSERT_OK(full);
  EXPECT_FALSE(full->truncated);
  EXPECT_EQ(full->answers.size(), 100u);
}

TEST(message, compressesNames) {
  const auto q = parseQuery(writeQuery(1, {.name = "a.b", .type = 5}, true));
  ASSERT_OK(q);
  Answer a;
  a.answers.push_back({.name = "a.b", .type = Type::kCname, .ttl = 5, .target = "c.b"});
  const std::string wire = writeAnswer(*q, a, 512);
  EXPECT_EQ(wire.substr(wire.size() - 4), bytes({1, 'c', 0xc0, 14}));  // "c" and a pointer to "b"
  const auto r = parseResponse(wire);
  ASSERT_OK(r);
  EXPECT_EQ(r->answers.at(0).target, "c.b");
}

TEST(message, addresses) {
  EXPECT_EQ(addressText(*addressOfReverseName("20.0.96.10.in-addr.arpa")), "10.96.0.20");
  std::string v6 = "1";
  for (int i = 0; i < 27; ++i) v6 += ".0";
  EXPECT_EQ(addressText(*addressOfReverseName(v6 + ".0.0.d.f.ip6.arpa")), "fd00::1");
  EXPECT_FALSE(addressOfReverseName("256.0.0.1.in-addr.arpa"));
  EXPECT_FALSE(addressOfReverseName("x.ip6.arpa"));
}

// The fuzzer's property on seeded noise: whatever comes in, what goes out parses again.
TEST(message, survivesNoise) {
  SeededRng rng(7);
  const std::string good = header(1, 1) +
                           "\x03"
                           "web"
                           "\x07"
                           "default" +
                           bytes({0, 0, 1, 0, 1});
  int accepted = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string wire = good;
    for (uint64_t n = rng.below(4) + 1; n > 0; --n)
      wire[rng.below(wire.size())] = static_cast<char>(rng.next());
    const auto q = parseQuery(wire);
    if (!q) continue;
    ++accepted;
    ASSERT_OK(parseResponse(writeAnswer(*q, manyRecords(3), kPlainUdpBytes)));
  }
  EXPECT_TRUE(accepted > 1000);
}

}  // namespace
}  // namespace meshka::dns
