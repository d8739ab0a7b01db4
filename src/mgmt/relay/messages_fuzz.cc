#include <cstdint>

#include "mgmt/test/fuzz_bodies.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  meshka::mgmt::test::fuzzRelay({reinterpret_cast<const char*>(data), size});
  return 0;
}
