// A container's log file, whatever it holds: read in two pieces or whole, the output is the same;
// the tail is part of it.
#include <cstdint>

#include "base/assert.h"
#include "node/streams/cri_log.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace meshka::node;
  if (size == 0) return 0;
  const std::string_view file(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string whole, pieces;
  LogFilter one({.timestamps = true}), two({.timestamps = true});
  one.feed(file, whole);
  const size_t cut = data[0] % (file.size() + 1);
  two.feed(file.substr(0, cut), pieces);
  two.feed(file.substr(cut), pieces);
  MESHKA_ASSERT(whole == pieces);
  MESHKA_ASSERT(tailOffset(file, data[0] % 8) <= file.size());
  return 0;
}
