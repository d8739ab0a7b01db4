#include "io/linux/rng.h"

#include <sys/random.h>

#include <cerrno>

#include "base/assert.h"

namespace meshka::io {
namespace {
void fill(char* to, size_t size) {
  while (size > 0) {
    const ssize_t n = ::getrandom(to, size, 0);
    if (n < 0) {
      MESHKA_ASSERT(errno == EINTR);
      continue;
    }
    to += n;
    size -= static_cast<size_t>(n);
  }
}
}  // namespace

uint64_t SystemRng::next() {
  uint64_t value;
  fill(reinterpret_cast<char*>(&value), sizeof value);
  return value;
}

std::string SystemRng::bytes(size_t n) {
  std::string out(n, '\0');
  fill(out.data(), n);
  return out;
}

}  // namespace meshka::io
