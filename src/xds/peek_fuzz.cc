// Whatever the bytes are, reading their envelope ends and stays inside.
#include "xds/peek.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const auto& envelope : {meshka::xds::peekRequest(bytes), meshka::xds::peekResponse(bytes)}) {
    if (!envelope) continue;
    for (const std::string_view part :
         {envelope->version, envelope->type_url, envelope->nonce, envelope->error}) {
      if (!part.empty() &&
          (part.data() < bytes.data() || part.data() + part.size() > bytes.data() + bytes.size())) {
        __builtin_trap();
      }
    }
  }
  return 0;
}
