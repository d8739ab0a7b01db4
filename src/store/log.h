// The write-ahead log: what was committed since the last snapshot, in segments. One frame and one
// sync per batch, so everything committed while a sync runs shares the next one. Only LocalStore's
// writer calls it, one call at a time.
#pragma once

#include <memory>
#include <string>

#include "io/disk.h"
#include "store/frame.h"
#include "store/limits.h"

namespace meshka::store {

class Log {
 public:
  Log(io::Disk& disk, std::string directory, const Limits& limits)
      : disk_(disk), directory_(std::move(directory)), limits_(limits) {}

  // Goes on in a segment whose frames end at `size`, or begins it (size 0).
  io::Task<Result<void>> open(Revision first, uint64_t size);
  // Durable when it returns. Errors: as of AppendFile; the log must not be used any more.
  io::Task<Result<void>> append(Revision first, uint32_t commits, std::string payload);
  // Begins a new segment with the next revision. Before it returns the old one is complete and
  // durable.
  io::Task<Result<void>> rotate(Revision first) { return open(first, 0); }

  bool segmentFull() const { return file_->size() >= limits_.segment_bytes; }
  // Grown by this much since forgetGrowth().
  uint64_t growth() const { return growth_; }
  void forgetGrowth() { growth_ = 0; }

 private:
  io::Disk& disk_;
  std::string directory_;
  Limits limits_;
  std::unique_ptr<io::AppendFile> file_;
  uint64_t growth_ = 0;
};

}  // namespace meshka::store
