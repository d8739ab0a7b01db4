#include "io/linux/disk.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/strings.h"
#include "io/async.h"
#include "io/linux/files.h"
#include "io/linux/limits.h"
#include "io/running.h"

namespace meshka::io {
namespace {

// Keep the memory of an ordinary batch, give that of a large one back.
constexpr size_t kKeptBufferBytes = 1u << 20;

// One flush runs at a time; whoever wants to sync meanwhile shares the next one (group commit). The
// flush belongs to the file and not to a caller, so that a cancelled caller takes nobody's bytes
// with it.
class LinuxAppendFile final : public AppendFile {
 public:
  LinuxAppendFile(Loop& loop, ThreadPool& pool, std::string path, Fd fd, uint64_t size)
      : pool_(pool),
        path_(std::move(path)),
        fd_(std::move(fd)),
        flushed_(loop),
        size_(size),
        synced_(size),
        allocated_(size) {}

  uint64_t size() const override { return size_; }

  void append(std::string_view bytes) override {
    buffer_.append(bytes);
    size_ += bytes.size();
  }

  Task<Result<void>> sync() override {
    const uint64_t target = size_;
    while (synced_ < target && result_) {
      if (!flushing_) startFlush();
      co_await flushed_.wait();
    }
    co_return result_;
  }

 private:
  void startFlush() {
    flushing_ = true;
    flushed_.reset();
    writing_.swap(buffer_);
    flush_ = std::make_unique<Running>(flush(), [this] { onFlushed(); });
    flush_->start();
  }

  Task<void> flush() {
    co_await pool_.run([this] { flush_result_ = writeNow(); });
  }

  void onFlushed() {
    flushing_ = false;
    result_ = flush_result_;
    if (result_) synced_ += writing_.size();
    writing_.clear();
    if (writing_.capacity() > kKeptBufferBytes) writing_.shrink_to_fit();
    flushed_.set();
  }

  // On a thread of the pool. After a failed fsync the kernel may have forgotten what was dirty: the
  // error stays.
  Result<void> writeNow() {
    const uint64_t end = synced_ + writing_.size();
    if (end > allocated_) {
      const uint64_t wanted = (end / kAppendStepBytes + 1) * kAppendStepBytes;
      // Zeros that are there already spare an inode commit per sync. A file system without it works
      // all the same.
      if (::fallocate(fd_.get(), 0, static_cast<off_t>(allocated_),
                      static_cast<off_t>(wanted - allocated_)) == 0) {
        allocated_ = wanted;
      } else if (errno != EOPNOTSUPP && errno != ENOSPC) {
        return fail(errnoError(errno, cat("allocate ", path_)));
      }
    }
    if (const Result<void> ok = writeAt(fd_.get(), writing_, synced_); !ok) {
      return fail(ok.error().with(path_));
    }
    if (::fdatasync(fd_.get()) != 0) return fail(errnoError(errno, cat("sync ", path_)));
    return {};
  }

  ThreadPool& pool_;
  const std::string path_;
  Fd fd_;
  Event flushed_;
  uint64_t size_;       // appended
  uint64_t synced_;     // on stable storage
  uint64_t allocated_;  // zeros behind synced_ up to here
  std::string buffer_;
  std::string writing_;
  bool flushing_ = false;
  Result<void> result_;             // the first failure stays
  Result<void> flush_result_;       // the running flush's, written by its thread
  std::unique_ptr<Running> flush_;  // last: it dies first
};

}  // namespace

Task<Result<std::string>> LinuxDisk::readFile(std::string path, uint64_t max_bytes) {
  Result<std::string> out;
  co_await pool_.run([&] { out = readWholeFile(path, max_bytes); });
  co_return std::move(out);
}

Task<Result<void>> LinuxDisk::writeFileAtomic(std::string path, std::string bytes, uint32_t mode) {
  Result<void> out;
  co_await pool_.run([&] { out = replaceFile(path, bytes, mode); });
  co_return std::move(out);
}

Task<Result<void>> LinuxDisk::createExclusive(std::string path, uint32_t mode) {
  Result<void> out;
  co_await pool_.run([&] {
    const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
    if (!fd) out = fail(errnoError(errno, cat("create ", path)));
  });
  co_return std::move(out);
}

Task<Result<void>> LinuxDisk::makeDirectories(std::string path, uint32_t mode) {
  Result<void> out;
  co_await pool_.run([&] { out = makeDirectoriesNow(path, mode); });
  co_return std::move(out);
}

Task<Result<void>> LinuxDisk::remove(std::string path, bool recursive) {
  Result<void> out;
  co_await pool_.run([&] { out = removeNow(path, recursive); });
  co_return std::move(out);
}

Task<Result<std::vector<std::string>>> LinuxDisk::listDirectory(std::string path) {
  Result<std::vector<std::string>> out;
  co_await pool_.run([&] { out = listDirectoryNow(path); });
  co_return std::move(out);
}

Task<Result<std::unique_ptr<AppendFile>>> LinuxDisk::openAppend(std::string path, uint64_t size) {
  Result<Fd> fd;
  co_await pool_.run([&] { fd = openForAppend(path, size); });
  if (!fd) co_return fail(std::move(fd).error());
  co_return std::make_unique<LinuxAppendFile>(loop_, pool_, std::move(path), std::move(*fd), size);
}

}  // namespace meshka::io
