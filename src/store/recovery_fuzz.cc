// Bytes of a log segment and of a snapshot, as a disk may give them back: no crash, no endless
// loop, and whatever is accepted must be whole frames.
#include <cstdint>

#include "base/assert.h"
#include "store/recovery.h"
#include "store/snapshot.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace meshka::store;  // NOLINT
  std::string bytes(reinterpret_cast<const char*>(data), size);
  // The checksums would keep the fuzzer out of the payloads, so some inputs become the payload of a
  // sound frame: the first byte says of which kind, the second how many records it claims.
  if (size >= 2 && bytes[0] >= 1 && bytes[0] <= 3) {
    bytes = makeFrame(static_cast<FrameKind>(bytes[0]), 1, static_cast<uint8_t>(bytes[1]),
                      bytes.substr(2));
  }
  Tables tables{Limits()};
  std::vector<LogSegment> segments;
  segments.push_back({"log", 1, bytes});
  uint64_t valid = 0;
  if (const auto revision = replay(segments, 0, tables, valid)) {
    MESHKA_ASSERT(valid <= bytes.size());
    // What was accepted is accepted again when it is cut where the frames end.
    Tables again{Limits()};
    segments[0].bytes = bytes.substr(0, valid);
    const auto second = replay(segments, 0, again, valid);
    MESHKA_ASSERT(second && *second == *revision && again.size() == tables.size());
  }
  (void)readSnapshot("snapshot", 1, bytes);
  return 0;
}
