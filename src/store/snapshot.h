// Snapshots: all objects at one revision, in a file of frames that a closing frame makes complete.
// With a complete and durable snapshot at R the log up to R and older snapshots are no longer
// needed; until then nothing is removed.
#pragma once

#include <string>
#include <vector>

#include "io/disk.h"
#include "store/frame.h"

namespace meshka::store {

// Gives the size in bytes. Writes in slices, with a sync after each, so that the loop goes on
// meanwhile.
io::Task<Result<uint64_t>> writeSnapshot(io::Disk& disk, std::string directory, Revision revision,
                                         std::vector<Item> items);

// Removes what a complete snapshot at `revision` makes unneeded: log segments that end there, older
// snapshots.
io::Task<Result<void>> removeObsolete(io::Disk& disk, std::string directory, Revision revision);

struct SnapshotContent {
  bool complete = false;  // false: the program ended while it was written
  std::vector<Item> items;
};
// Errors: kInternal naming file and offset, as of scanFrames.
Result<SnapshotContent> readSnapshot(std::string_view file, Revision revision,
                                     std::string_view bytes);

}  // namespace meshka::store
