// Randomness from the kernel (getrandom).
#pragma once

#include "base/rng.h"

namespace meshka::io {

class SystemRng final : public Rng {
 public:
  uint64_t next() override;
  std::string bytes(size_t n) override;
};

}  // namespace meshka::io
