// What a directory of store files means: the newest complete snapshot, plus the log behind it. The
// torn end of the last segment is what no one was told is durable, and is cut off; anything else
// that does not fit stops the start.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/disk.h"
#include "store/tables.h"

namespace meshka::store {

struct LogSegment {
  std::string file;
  Revision first = 0;
  std::string bytes;
};

// Plays `segments` (in order of revision) into tables that hold the state of `revision`. Gives the
// newest revision; `valid_bytes` becomes the end of the last segment's whole frames. Errors:
// kInternal naming file and offset.
Result<Revision> replay(const std::vector<LogSegment>& segments, Revision revision, Tables& tables,
                        uint64_t& valid_bytes);

struct Recovered {
  Revision revision = 0;
  Revision snapshot_revision = 0;  // 0: none
  uint64_t snapshot_bytes = 0;
  Revision segment_first = 0;  // of the segment to go on in; 0: none is there
  uint64_t segment_bytes = 0;
  std::vector<std::string> obsolete;  // paths to remove
};

// Reads the directory into `tables`.
io::Task<Result<Recovered>> recover(io::Disk& disk, std::string directory, Tables& tables);

}  // namespace meshka::store
