// Files in memory that can crash. What is not synced when crash() comes is lost, kept or torn, by
// the seed.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/rng.h"
#include "io/disk.h"
#include "io/loop.h"

namespace meshka::sim {

class SimDisk final : public io::Disk {
 public:
  SimDisk(io::Loop& loop, Rng& rng) : loop_(loop), rng_(rng) {}

  io::Task<Result<std::string>> readFile(std::string path,
                                         uint64_t max_bytes = 1ull << 30) override;
  io::Task<Result<void>> writeFileAtomic(std::string path, std::string bytes,
                                         uint32_t mode = 0644) override;
  io::Task<Result<void>> createExclusive(std::string path, uint32_t mode = 0600) override;
  io::Task<Result<void>> makeDirectories(std::string path, uint32_t mode = 0755) override;
  io::Task<Result<void>> remove(std::string path, bool recursive = false) override;
  io::Task<Result<std::vector<std::string>>> listDirectory(std::string path) override;
  io::Task<Result<std::unique_ptr<io::AppendFile>>> openAppend(std::string path,
                                                               uint64_t size) override;

  // Power fails. Open AppendFiles are dead afterwards: their sync fails. Atomic writes under way
  // are there or not.
  void crash();
  // From now on each write or sync fails with this error, until the empty one.
  void failWrites(std::optional<Error> error) { write_error_ = std::move(error); }
  // How long an operation takes; crash() may come in between.
  Duration min_latency;
  Duration max_latency;
  size_t syncs() const { return syncs_; }
  // For tests that damage or look at what is stored. Null when there is no such file.
  std::string* contents(const std::string& path);

 private:
  friend class SimAppendFile;
  struct File {
    std::string durable;
    std::string unsynced;    // being written behind `durable` right now
    size_t synced_size = 0;  // of durable, without the zeros that follow
  };
  io::Task<void> work();
  bool isDirectory(const std::string& path) const;
  Result<void> checkParent(const std::string& what, const std::string& path) const;

  io::Loop& loop_;
  Rng& rng_;
  std::map<std::string, File> files_;
  std::set<std::string> directories_;
  std::map<std::string, std::string> replacing_;  // atomic writes under way
  std::optional<Error> write_error_;
  uint64_t generation_ = 0;  // crashes so far
  size_t syncs_ = 0;
};

}  // namespace meshka::sim
