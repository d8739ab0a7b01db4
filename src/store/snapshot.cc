#include "store/snapshot.h"

#include "base/strings.h"
#include "store/files.h"
#include "store/limits.h"

namespace meshka::store {

io::Task<Result<uint64_t>> writeSnapshot(io::Disk& disk, std::string directory, Revision revision,
                                         std::vector<Item> items) {
  MESHKA_CO_TRY(std::unique_ptr<io::AppendFile> file,
                co_await disk.openAppend(cat(directory, "/", snapshotName(revision)), 0));
  std::string payload;
  uint32_t in_frame = 0;
  for (Item& item : items) {
    appendItem(payload, item);
    item = {};
    ++in_frame;
    if (payload.size() < kSnapshotFrameBytes) continue;
    file->append(makeFrame(FrameKind::kItems, revision, in_frame, payload));
    payload.clear();
    in_frame = 0;
    MESHKA_CO_CHECK(co_await file->sync());
  }
  if (in_frame > 0) file->append(makeFrame(FrameKind::kItems, revision, in_frame, payload));
  // The closing frame counts only when everything before it is durable.
  MESHKA_CO_CHECK(co_await file->sync());
  file->append(
      makeFrame(FrameKind::kSnapshotEnd, revision, static_cast<uint32_t>(items.size()), {}));
  MESHKA_CO_CHECK(co_await file->sync());
  co_return file->size();
}

io::Task<Result<void>> removeObsolete(io::Disk& disk, std::string directory, Revision revision) {
  MESHKA_CO_TRY(const std::vector<std::string> files, co_await disk.listDirectory(directory));
  for (const std::string& file : files) {
    const auto first = parseLogName(file);
    const auto snapshot = parseSnapshotName(file);
    // The segment behind the snapshot begins with revision + 1, so one that begins before ends
    // before, too.
    const bool obsolete = (first && *first <= revision) || (snapshot && *snapshot < revision);
    if (obsolete) MESHKA_CO_CHECK(co_await disk.remove(cat(directory, "/", file)));
  }
  co_return Result<void>();
}

Result<SnapshotContent> readSnapshot(std::string_view file, Revision revision,
                                     std::string_view bytes) {
  MESHKA_TRY(const Scan scan, scanFrames(file, bytes));
  SnapshotContent out;
  for (const Frame& frame : scan.frames) {
    if (frame.revision != revision || out.complete) {
      return fail(Code::kInternal, cat(file, " at offset ", frame.offset,
                                       ": the frame does not belong to this snapshot"));
    }
    if (frame.kind == FrameKind::kSnapshotEnd) {
      if (frame.records != out.items.size()) {
        return fail(Code::kInternal,
                    cat(file, " at offset ", frame.offset, ": the snapshot has ", out.items.size(),
                        " objects, its closing frame says ", frame.records));
      }
      out.complete = true;
      continue;
    }
    if (frame.kind != FrameKind::kItems) {
      return fail(Code::kInternal,
                  cat(file, " at offset ", frame.offset, ": a frame of the log is in a snapshot"));
    }
    MESHKA_TRY(std::vector<Item> items, decodeItems(file, frame));
    for (Item& item : items) out.items.push_back(std::move(item));
  }
  return out;
}

}  // namespace meshka::store
