// The seed corpora, and every prefix and simple mutation of them, through the fuzzers' bodies.
#include "base/rng.h"
#include "base/test/test.h"
#include "doc/fuzz_bodies.h"

namespace meshka::doc {
namespace {

void run(void (*body)(std::string_view), const std::string& folder,
         std::initializer_list<const char*> names) {
  SeededRng rng(1);
  for (const char* name : names) {
    const std::string seed = test::readFileOrDie(cat("testdata/fuzz/", folder, "_fuzz/", name));
    body(seed);
    for (size_t i = 0; i < seed.size(); i += 1 + seed.size() / 200)
      body(std::string_view(seed).substr(0, i));
    for (int round = 0; round < 200 && !seed.empty(); ++round) {
      std::string changed = seed;
      for (int k = 0; k < 3; ++k)
        changed[rng.below(changed.size())] = static_cast<char>(rng.below(256));
      body(changed);
    }
  }
}

TEST(Fuzz, json) {
  run(fuzzJson, "json",
      {"object", "surrogates", "numbers", "duplicates", "deep", "nul", "invalid-utf8", "empty"});
}
TEST(Fuzz, yaml) {
  run(fuzzYaml, "yaml", {"pod", "anchors", "laughs", "self", "keys", "tab", "bom"});
}
TEST(Fuzz, jsonPatch) {
  run(fuzzJsonPatch, "json_patch", {"all", "nest", "bad", "merge"});
}
TEST(Fuzz, strategicPatch) {
  run(fuzzStrategicPatch, "strategic_patch", {"lists", "keys", "order", "bad"});
}
TEST(Fuzz, jsonPath) {
  run(fuzzJsonPath, "json_path", {"filter", "slices", "recursive", "nested", "bad"});
}

}  // namespace
}  // namespace meshka::doc
