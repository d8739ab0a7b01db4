#include "node/streams/cri_log.h"

#include <filesystem>

#include "base/rng.h"
#include "base/test/test.h"

#include "node/streams/cri_log_fuzz.cc"  // the property, driven by its seeds

namespace meshka::node {
namespace {

TEST(criLog, fuzzSeeds) {
  int n = 0;
  for (const auto& entry : std::filesystem::directory_iterator("testdata/fuzz/cri_log_fuzz")) {
    const std::string bytes = test::readFileOrDie(entry.path().string());
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    ++n;
  }
  EXPECT_EQ(n, 3);
}

constexpr std::string_view kFile =
    "2026-11-23T00:00:01.000000001Z stdout F one\n"
    "2026-11-23T00:00:02.000000002Z stderr P tw\n"
    "2026-11-23T00:00:02.000000003Z stderr F o\n"
    "2026-11-23T00:00:03Z stdout F \n"
    "garbage\n"
    "2026-11-23T00:00:04Z stdout F four\n";

std::string filtered(LogOptions options, std::string_view file = kFile) {
  LogFilter filter(std::move(options));
  std::string out;
  filter.feed(file, out);
  return out;
}

TEST(criLog, options) {
  EXPECT_EQ(filtered({}), "one\ntwo\n\nfour\n");
  EXPECT_EQ(filtered({.timestamps = true}),
            "2026-11-23T00:00:01.000000001Z one\n2026-11-23T00:00:02.000000002Z "
            "two\n2026-11-23T00:00:03Z \n"
            "2026-11-23T00:00:04Z four\n");
  EXPECT_EQ(filtered({.since = *parseRfc3339("2026-11-23T00:00:02.000000003Z")}),
            "\nfour\n");  // a line is as old as its begin
  EXPECT_EQ(filtered({.since = *parseRfc3339("2026-11-23T00:00:02Z")}), "two\n\nfour\n");
  EXPECT_EQ(filtered({.limit_bytes = 5}), "one\nt");
  EXPECT_EQ(filtered({.limit_bytes = 0}), "");
}

TEST(criLog, tail) {
  const char* want[] = {
      "", "four\n", "\nfour\n", "two\n\nfour\n", "one\ntwo\n\nfour\n", "one\ntwo\n\nfour\n"};
  for (int64_t n = 0; n < 6; ++n)
    EXPECT_EQ(filtered({}, kFile.substr(tailOffset(kFile, n))), want[n]);
  EXPECT_EQ(tailOffset("", 3), 0u);
}

// However the bytes arrive, the output is the same.
TEST(criLog, pieces) {
  for (size_t piece = 1; piece < 50; ++piece) {
    LogFilter filter({});
    std::string out;
    for (size_t at = 0; at < kFile.size(); at += piece) filter.feed(kFile.substr(at, piece), out);
    EXPECT_EQ(out, "one\ntwo\n\nfour\n");
  }
}

TEST(criLog, survivesNoise) {
  SeededRng rng(5);
  for (int i = 0; i < 2000; ++i) {
    std::string file(kFile);
    for (int n = 0; n < 5; ++n) file[rng.below(file.size())] = static_cast<char>(rng.next());
    const size_t at = tailOffset(file, static_cast<int64_t>(rng.below(6)));
    EXPECT_TRUE(at <= file.size());
    EXPECT_TRUE(filtered({}, std::string_view(file).substr(at)).size() <= file.size());
  }
}

}  // namespace
}  // namespace meshka::node
