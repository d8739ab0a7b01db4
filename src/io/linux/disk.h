// Files on the pool's threads.
#pragma once

#include "io/disk.h"
#include "io/linux/pool.h"

namespace meshka::io {

class LinuxDisk final : public Disk {
 public:
  LinuxDisk(Loop& loop, ThreadPool& pool) : loop_(loop), pool_(pool) {}
  Task<Result<std::string>> readFile(std::string path, uint64_t max_bytes = 1ull << 30) override;
  Task<Result<void>> writeFileAtomic(std::string path, std::string bytes,
                                     uint32_t mode = 0644) override;
  Task<Result<void>> createExclusive(std::string path, uint32_t mode = 0600) override;
  Task<Result<void>> makeDirectories(std::string path, uint32_t mode = 0755) override;
  Task<Result<void>> remove(std::string path, bool recursive = false) override;
  Task<Result<std::vector<std::string>>> listDirectory(std::string path) override;
  Task<Result<std::unique_ptr<AppendFile>>> openAppend(std::string path, uint64_t size) override;

 private:
  Loop& loop_;
  ThreadPool& pool_;
};

}  // namespace meshka::io
