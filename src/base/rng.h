// Randomness comes in by constructor, so that a simulation can replay it from a seed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace meshka {

class Rng {
 public:
  virtual ~Rng() = default;
  virtual uint64_t next() = 0;
  // Bytes fit for keys and tokens; a simulation's are predictable on purpose.
  virtual std::string bytes(size_t n) = 0;

  // Uniform in [0, bound), bound > 0, without modulo bias.
  uint64_t below(uint64_t bound);
  double unit();  // [0, 1)
};

// splitmix64 from a seed: tests and simulations.
class SeededRng final : public Rng {
 public:
  explicit SeededRng(uint64_t seed) : state_(seed) {}
  uint64_t next() override;
  std::string bytes(size_t n) override;

 private:
  uint64_t state_;
};

// A version 4 UUID (RFC 9562), as metadata.uid has it.
std::string newUuid(Rng& rng);
// `n` characters of Kubernetes' name-safe alphabet (bcdfghjklmnpqrstvwxz2456789), as generateName appends.
std::string randomSuffix(Rng& rng, size_t n = 5);

}  // namespace meshka
