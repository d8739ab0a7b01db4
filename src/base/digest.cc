#include "base/digest.h"

#include <openssl/sha.h>

#include "base/strings.h"

namespace meshka {

std::string sha256(std::string_view bytes) {
  unsigned char out[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), out);
  return std::string(reinterpret_cast<const char*>(out), sizeof out);
}

std::string sha256Hex(std::string_view bytes) { return toHex(sha256(bytes)); }

}  // namespace meshka
