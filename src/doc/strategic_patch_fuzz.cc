#include <cstddef>
#include <cstdint>

#include "doc/fuzz_bodies.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  meshka::doc::fuzzStrategicPatch({reinterpret_cast<const char*>(data), size});
  return 0;
}
