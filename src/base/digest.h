// SHA-256 (FIPS 180-4), for names, content hashes and fingerprints.
#pragma once

#include <string>
#include <string_view>

namespace meshka {
std::string sha256(std::string_view bytes);     // 32 raw bytes
std::string sha256Hex(std::string_view bytes);  // 64 lower-case digits
}  // namespace meshka
