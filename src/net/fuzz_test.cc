// Every seed of every fuzzer, and cheap mutations of it.
#include <filesystem>

#include "net/test/fuzz_bodies.h"

namespace meshka::net::test {
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

TEST(Fuzz, Http1) {
  withSeeds("http1_fuzz", fuzzHttp1);
}
TEST(Fuzz, Http2) {
  withSeeds("http2_fuzz", fuzzHttp2);
}
TEST(Fuzz, Client) {
  withSeeds("client_fuzz", fuzzClient);
}
TEST(Fuzz, WebSocket) {
  withSeeds("websocket_fuzz", fuzzWebSocket);
}
TEST(Fuzz, Certificate) {
  withSeeds("certificate_fuzz", fuzzCertificate);
}
TEST(Fuzz, Jwt) {
  withSeeds("jwt_fuzz", fuzzJwt);
}

}  // namespace
}  // namespace meshka::net::test
