// What a user types behind --set, and what becomes of it as values: no crash, and what is accepted
// is a map.
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "mgmt/chart/values.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace meshka;  // NOLINT
  doc::Draft values = doc::Draft::object();
  if (!mgmt::setValue(values, {reinterpret_cast<const char*>(data), size})) return 0;
  MESHKA_ASSERT(values.isObject());
  (void)mgmt::parseValues(values.finish());
  return 0;
}
