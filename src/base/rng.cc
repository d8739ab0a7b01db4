#include "base/rng.h"

#include "base/strings.h"

namespace meshka {

uint64_t Rng::below(uint64_t bound) {
  const uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  for (;;) {
    if (const uint64_t v = next(); v < limit) return v % bound;
  }
}

double Rng::unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }

uint64_t SeededRng::next() {
  uint64_t z = (state_ += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

std::string SeededRng::bytes(size_t n) {
  std::string out;
  while (out.size() < n) {
    const uint64_t v = next();
    out.append(reinterpret_cast<const char*>(&v), sizeof v);
  }
  out.resize(n);
  return out;
}

std::string newUuid(Rng& rng) {
  std::string raw = rng.bytes(16);
  raw[6] = static_cast<char>((raw[6] & 0x0f) | 0x40);
  raw[8] = static_cast<char>((raw[8] & 0x3f) | 0x80);
  const std::string hex = toHex(raw);
  return cat(hex.substr(0, 8), "-", hex.substr(8, 4), "-", hex.substr(12, 4), "-", hex.substr(16, 4), "-", hex.substr(20));
}

std::string randomSuffix(Rng& rng, size_t n) {
  constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
  std::string out;
  for (size_t i = 0; i < n; ++i) out.push_back(kAlphabet[rng.below(kAlphabet.size())]);
  return out;
}

}  // namespace meshka
