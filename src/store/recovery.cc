#include "store/recovery.h"

#include <algorithm>

#include "base/strings.h"
#include "store/files.h"
#include "store/snapshot.h"

namespace meshka::store {
namespace {

std::unexpected<Error> refuse(std::string_view file, size_t offset, std::string_view what) {
  return fail(Code::kInternal,
              cat(file, " at offset ", offset, ": ", what, "; the store does not start"));
}

Result<void> replayCommit(SequencedCommit& commit, std::string_view file, size_t offset,
                          Tables& tables) {
  for (SequencedWrite& write : commit.writes) {
    const Version* before = tables.find(write.key);
    if (write.is_delete) {
      if (before == nullptr) {
        return refuse(file, offset,
                      cat("revision ", commit.revision, " deletes ", describe(write.key),
                          ", which is not there"));
      }
      tables.restoreErase(write.key);
    } else {
      const Revision created = before == nullptr ? commit.revision : before->created;
      tables.restore({std::move(write.key), std::move(write.value), created, commit.revision});
    }
  }
  return {};
}

struct Names {
  std::vector<Revision> logs;       // ascending
  std::vector<Revision> snapshots;  // descending
};

Names sortNames(const std::vector<std::string>& files) {
  Names out;
  for (const std::string& file : files) {
    if (const auto first = parseLogName(file)) out.logs.push_back(*first);
    if (const auto revision = parseSnapshotName(file)) out.snapshots.push_back(*revision);
  }
  std::ranges::sort(out.logs);
  std::ranges::sort(out.snapshots, std::ranges::greater());
  return out;
}

// Takes the newest complete snapshot, if any; all others are obsolete.
io::Task<Result<void>> loadSnapshot(io::Disk& disk, std::string directory,
                                    std::vector<Revision> newest_first, Tables& tables,
                                    Recovered& out) {
  for (const Revision revision : newest_first) {
    const std::string path = cat(directory, "/", snapshotName(revision));
    if (out.snapshot_revision != 0) {
      out.obsolete.push_back(path);
      continue;
    }
    MESHKA_CO_TRY(const std::string bytes, co_await disk.readFile(path));
    MESHKA_CO_TRY(SnapshotContent content, readSnapshot(path, revision, bytes));
    if (!content.complete) {
      out.obsolete.push_back(path);
      continue;
    }
    for (Item& item : content.items) tables.restore(std::move(item));
    out.revision = out.snapshot_revision = revision;
    out.snapshot_bytes = bytes.size();
  }
  co_return Result<void>();
}

}  // namespace

Result<Revision> replay(const std::vector<LogSegment>& segments, Revision revision, Tables& tables,
                        uint64_t& valid_bytes) {
  valid_bytes = 0;
  for (const LogSegment& segment : segments) {
    const bool last = &segment == &segments.back();
    MESHKA_TRY(const Scan scan, scanFrames(segment.file, segment.bytes));
    if (scan.torn && !last) {
      return refuse(segment.file, scan.valid_bytes,
                    "the checksum does not match although a later segment exists");
    }
    if (segment.first > revision + 1) {
      return refuse(segment.file, 0,
                    cat("the segment begins with revision ", segment.first, ", but revision ",
                        revision + 1, " is missing"));
    }
    for (const Frame& frame : scan.frames) {
      if (frame.kind != FrameKind::kCommits) {
        return refuse(segment.file, frame.offset, "a frame of a snapshot is in the log");
      }
      MESHKA_TRY(std::vector<SequencedCommit> commits, decodeCommits(segment.file, frame));
      for (SequencedCommit& commit : commits) {
        if (commit.revision <= revision) continue;  // the snapshot has it
        if (commit.revision != revision + 1) {
          return refuse(segment.file, frame.offset,
                        cat("revision ", commit.revision, " follows revision ", revision));
        }
        MESHKA_CHECK(replayCommit(commit, segment.file, frame.offset, tables));
        revision = commit.revision;
      }
    }
    valid_bytes = scan.valid_bytes;
  }
  return revision;
}

io::Task<Result<Recovered>> recover(io::Disk& disk, std::string directory, Tables& tables) {
  Recovered out;
  MESHKA_CO_TRY(const std::vector<std::string> files, co_await disk.listDirectory(directory));
  const Names names = sortNames(files);
  MESHKA_CO_CHECK(co_await loadSnapshot(disk, directory, names.snapshots, tables, out));
  std::vector<LogSegment> segments;
  for (size_t i = 0; i < names.logs.size(); ++i) {
    const std::string path = cat(directory, "/", logName(names.logs[i]));
    if (i + 1 < names.logs.size() && names.logs[i + 1] <= out.revision + 1) {
      out.obsolete.push_back(path);  // ends before what the snapshot has
      continue;
    }
    MESHKA_CO_TRY(std::string bytes, co_await disk.readFile(path));
    segments.push_back({path, names.logs[i], std::move(bytes)});
  }
  MESHKA_CO_TRY(out.revision, replay(segments, out.revision, tables, out.segment_bytes));
  if (!segments.empty()) out.segment_first = segments.back().first;
  tables.finishRestore(out.revision);
  co_return out;
}

}  // namespace meshka::store
