#include "base/digest.h"
#include "base/function.h"
#include "base/log.h"
#include "base/rng.h"
#include "base/strings.h"
#include "base/test/test.h"
#include "base/time.h"

namespace meshka {
namespace {

TEST(Time, Rfc3339RoundTrip) {
  const auto t = parseRfc3339("2026-11-23T00:54:33.108674933Z");
  ASSERT_OK(t);
  EXPECT_EQ(toRfc3339(*t), "2026-11-23T00:54:33Z");
  EXPECT_EQ(toRfc3339Micro(*t), "2026-11-23T00:54:33.108674Z");
  EXPECT_EQ(toRfc3339Nano(*t), "2026-11-23T00:54:33.108674933Z");
  EXPECT_EQ(toRfc3339(*parseRfc3339("1970-01-01T01:00:00+01:00")), "1970-01-01T00:00:00Z");
  EXPECT_EQ(toRfc3339(*parseRfc3339("2024-02-29T23:59:59Z")), "2024-02-29T23:59:59Z");
}

TEST(Time, Rfc3339Rejects) {
  for (const char* bad : {"", "2026-11-23", "2026-13-01T00:00:00Z", "2026-11-23T00:00:00", "2026-11-23T00:00:00.Z",
                          "2026-11-23T00:00:00Zx", "9999-11-23T00:00:00Z"}) {
    EXPECT_FALSE(parseRfc3339(bad));
  }
}

TEST(Time, Durations) {
  EXPECT_EQ(parseDuration("1h30m")->ns, hours(1).ns + minutes(30).ns);
  EXPECT_EQ(parseDuration("250ms")->ns, millis(250).ns);
  EXPECT_EQ(parseDuration("1.5s")->ns, millis(1500).ns);
  EXPECT_EQ(parseDuration("-2s")->ns, seconds(-2).ns);
  EXPECT_EQ(parseDuration("0")->ns, 0);
  for (const char* bad : {"", "5", "s", "1x", "1s2", "99999999999h"}) EXPECT_FALSE(parseDuration(bad));
  EXPECT_EQ(toString(hours(1) + seconds(2)), "1h0m2s");
  EXPECT_EQ(toString(millis(1500)), "1.5s");
  EXPECT_EQ(toString(millis(20)), "20ms");
}

TEST(Strings, Cat) { EXPECT_EQ(cat("a", 'b', 3, uint64_t{4}, std::string("c")), "ab34c"); }

TEST(Strings, SplitTrim) {
  EXPECT_EQ(split("a,,b", ',').size(), 3u);
  EXPECT_EQ(split("", ',').size(), 1u);
  EXPECT_EQ(trim(" \t x y \n"), "x y");
  EXPECT_EQ(parseInt("12x").has_value(), false);
  EXPECT_EQ(*parseInt("-12"), -12);
}

TEST(Strings, Base64) {
  for (const char* text : {"", "a", "ab", "abc", "abcd", "\xff\xfe\x00"}) {
    EXPECT_EQ(*base64Decode(base64Encode(text)), text);
    EXPECT_EQ(*base64UrlDecode(base64UrlEncode(text)), text);
  }
  EXPECT_EQ(base64Encode("ab"), "YWI=");
  for (const char* bad : {"A", "A===", "YW=I", "YW I*"}) EXPECT_FALSE(base64Decode(bad));
}

TEST(Strings, UrlCoding) {
  EXPECT_EQ(*urlDecode("a%2Fb+c"), "a/b+c");
  EXPECT_EQ(*urlDecode("a+b", true), "a b");
  EXPECT_FALSE(urlDecode("%2"));
  EXPECT_FALSE(urlDecode("%zz"));
  EXPECT_EQ(urlEncode("a/b c"), "a%2Fb%20c");
}

TEST(Rng, SeedReplays) {
  SeededRng a(7);
  SeededRng b(7);
  EXPECT_EQ(newUuid(a), newUuid(b));
  EXPECT_EQ(newUuid(a)[14], '4');
  EXPECT_EQ(randomSuffix(a).size(), 5u);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(a.below(3) < 3);
}

TEST(Function, OwnsAndMoves) {
  auto owned = std::make_unique<int>(41);
  Function<int(int)> f = [p = std::move(owned)](int x) { return *p + x; };
  Function<int(int)> g = std::move(f);
  EXPECT_FALSE(f);
  EXPECT_EQ(g(1), 42);
  char big[200] = {1};
  Function<int()> heap = [big] { return big[0]; };
  EXPECT_EQ(heap(), 1);
}

TEST(Log, Formats) {
  EXPECT_EQ(formatText(Level::kInfo, "pod bound", {{"pod", "a/b"}, {"why", "two words"}}),
            "I pod bound pod=a/b why=\"two words\"");
  EXPECT_EQ(formatJson(Level::kError, "x", {{"k", "a\"\n"}}), "{\"level\":\"error\",\"msg\":\"x\",\"k\":\"a\\\"\\n\"}");
}

TEST(Digest, KnownAnswer) {  // FIPS 180-4 example
  EXPECT_EQ(sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Result, Context) {
  const Error e(Code::kNotFound, "pods \"x\" not found");
  EXPECT_EQ(e.with("get").message(), "get: pods \"x\" not found");
  EXPECT_EQ(e.reason(), "NotFound");
}

}  // namespace
}  // namespace meshka
