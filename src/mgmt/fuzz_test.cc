// Every seed of every fuzzer, and cheap mutations of it.
#include <filesystem>

#include "base/test/test.h"
#include "mgmt/test/fuzz_bodies.h"

namespace meshka::mgmt::test {
namespace {

void withSeeds(const std::string& name, void (*body)(std::string_view)) {
  size_t seeds = 0;
  SeededRng rng(11);
  for (const auto& entry : std::filesystem::directory_iterator("testdata/fuzz/" + name)) {
    const std::string seed = meshka::test::readFileOrDie(entry.path().string());
    body(seed);
    ++seeds;
    for (int i = 0; i < 60 && !seed.empty(); ++i) {
      std::string changed = seed;
      for (uint64_t k = 0; k <= rng.below(3); ++k) {
        changed[rng.below(changed.size())] = static_cast<char>(rng.next());
      }
      if (i % 4 == 0) changed.resize(rng.below(changed.size()) + 1);
      body(changed);
    }
  }
  EXPECT_TRUE(seeds >= 3);
}

TEST(Fuzz, Relay) {
  withSeeds("messages_fuzz", fuzzRelay);
}
TEST(Fuzz, Resp) {
  withSeeds("resp_fuzz", fuzzResp);
}

}  // namespace
}  // namespace meshka::mgmt::test
