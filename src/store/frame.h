// The bytes of log segments and snapshots: a file is a sequence of frames, a frame is what one sync
// makes durable. A frame carries its kind, format version, first revision, number of records and
// two checksums (CRC-32C, one of the header, one of the payload); the payload holds keys and the
// canonical JSON of values, never a memory layout. docs/design/store.md has the table of bytes.
// Everything here is a pure function of bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace meshka::store {

enum class FrameKind : uint8_t { kCommits = 1, kItems = 2, kSnapshotEnd = 3 };

inline constexpr uint16_t kFormatVersion = 1;
inline constexpr size_t kFrameHeaderBytes = 32;

// A commit in its final order and with its final values.
struct SequencedWrite {
  Key key;
  bool is_delete = false;
  doc::Doc value;  // stamped; of a delete the last value, which the log does not keep
};
struct SequencedCommit {
  Revision revision = 0;
  std::vector<SequencedWrite> writes;
};

// Payload of one commit, of one snapshot item.
void appendCommit(std::string& payload, const SequencedCommit& commit);
void appendItem(std::string& payload, const Item& item);
// A whole frame. `revision`: of the first commit, or of the snapshot.
std::string makeFrame(FrameKind kind, Revision revision, uint32_t records,
                      std::string_view payload);

struct Frame {
  FrameKind kind;
  Revision revision = 0;
  uint32_t records = 0;
  std::string_view payload;  // into the scanned bytes
  size_t offset = 0;         // of the frame in its file
};

struct Scan {
  std::vector<Frame> frames;
  size_t valid_bytes = 0;  // end of the last whole frame
  bool torn = false;  // something unfinished follows it; zeros (preallocated space) do not count
};

// Errors: kInternal naming `file` and the offset when a frame is damaged although a whole one
// follows it (what was acknowledged is lost), or when a frame has an unknown format version or
// kind.
Result<Scan> scanFrames(std::string_view file, std::string_view bytes);

// Errors: kInternal naming `file` and the frame's offset.
Result<std::vector<SequencedCommit>> decodeCommits(std::string_view file, const Frame& frame);
Result<std::vector<Item>> decodeItems(std::string_view file, const Frame& frame);

}  // namespace meshka::store
