// Files. What blocks (fsync above all) runs on a small pool; results come back as tasks on the
// loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/task.h"

namespace meshka::io {

// A file that only grows, in preallocated space: the store's log. Appends are buffered in memory
// until sync.
class AppendFile {
 public:
  virtual ~AppendFile() = default;
  virtual uint64_t size() const = 0;  // bytes appended so far
  virtual void append(std::string_view bytes) = 0;
  // Everything appended before the call is on stable storage when this returns.
  virtual Task<Result<void>> sync() = 0;
};

class Disk {
 public:
  virtual ~Disk() = default;
  // Errors: kNotFound, kForbidden, kTooLarge (over max_bytes), kInternal.
  virtual Task<Result<std::string>> readFile(std::string path, uint64_t max_bytes = 1ull << 30) = 0;
  // Written beside and renamed over, synced: after a crash the old or the new content is there,
  // whole.
  virtual Task<Result<void>> writeFileAtomic(std::string path, std::string bytes,
                                             uint32_t mode = 0644) = 0;
  // An empty file that was not there before: a lock between processes. Errors: kAlreadyExists.
  virtual Task<Result<void>> createExclusive(std::string path, uint32_t mode = 0600) = 0;
  virtual Task<Result<void>> makeDirectories(std::string path, uint32_t mode = 0755) = 0;
  // Removing what is not there is success. Recursive does not follow symbolic links.
  virtual Task<Result<void>> remove(std::string path, bool recursive = false) = 0;
  virtual Task<Result<std::vector<std::string>>> listDirectory(std::string path) = 0;
  // Opens for appending at `size` (what follows is cut off), creating it when absent; preallocates
  // in steps.
  virtual Task<Result<std::unique_ptr<AppendFile>>> openAppend(std::string path, uint64_t size) = 0;
};

}  // namespace meshka::io
