#include "mesh/istiod/admission_fuzz.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  meshka::mesh::fuzzAdmission({reinterpret_cast<const char*>(data), size});
  return 0;
}
