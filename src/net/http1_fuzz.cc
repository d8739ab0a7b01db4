#include <cstdint>
#include <cstdlib>

#include "net/test/fuzz_bodies.h"

namespace meshka::test {
void report(const char*, int, std::string) {
  std::abort();
}
}  // namespace meshka::test

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  meshka::net::test::fuzzHttp1({reinterpret_cast<const char*>(data), size});
  return 0;
}
