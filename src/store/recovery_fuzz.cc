// Bytes of a log segment and of a snapshot, as a disk may give them back: no crash, no endless
// loop, and whatever is accepted must be whole frames.
#include <cstdint>

#include "base/assert.h"
#include "store/recovery.h"
#include "store/snapshot.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace meshka::store;  // NOLINT
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  Tables tables{Limits()};
  std::vector<LogSegment> segments;
  segments.push_back({"log", 1, bytes});
  uint64_t valid = 0;
  if (const auto revision = replay(segments, 0, tables, valid)) {
    MESHKA_ASSERT(valid <= size);
    // What was accepted is accepted again when it is cut where the frames end.
    Tables again{Limits()};
    segments[0].bytes = bytes.substr(0, valid);
    const auto second = replay(segments, 0, again, valid);
    MESHKA_ASSERT(second && *second == *revision && again.size() == tables.size());
  }
  (void)readSnapshot("snapshot", 1, bytes);
  return 0;
}
