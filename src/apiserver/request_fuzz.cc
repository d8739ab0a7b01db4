// Any bytes as a request line, an Accept header, a query.
#include "apiserver/request_fuzz.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  meshka::apiserver::checkRequestBytes({reinterpret_cast<const char*>(data), size});
  return 0;
}
