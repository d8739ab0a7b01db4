#include "sim/disk.h"

#include <algorithm>

#include "base/strings.h"
#include "io/async.h"
#include "io/running.h"
#include "sim/limits.h"

namespace meshka::sim {

using io::Task;

namespace {

std::string parentOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos || slash == 0 ? "/" : path.substr(0, slash);
}

auto noSuchFile(std::string_view what, std::string_view path) {
  return fail(Code::kNotFound, cat(what, " ", path, ": no such file or directory"));
}

bool below(std::string_view path, std::string_view directory) {
  return path.size() > directory.size() && path.starts_with(directory) &&
         path[directory.size()] == '/';
}

}  // namespace

class SimAppendFile final : public io::AppendFile {
 public:
  SimAppendFile(SimDisk& disk, std::string path, uint64_t size)
      : disk_(disk),
        path_(std::move(path)),
        size_(size),
        generation_(disk.generation_),
        flushed_(disk.loop_) {}
  uint64_t size() const override { return size_; }
  void append(std::string_view bytes) override {
    buffer_ += bytes;
    size_ += bytes.size();
  }
  Task<Result<void>> sync() override {
    const uint64_t target = size_;
    while (synced() < target && result_) {
      if (!running_ || running_->finished()) {
        flushed_.reset();
        running_ = std::make_unique<io::Running>(flush(), [this] { flushed_.set(); });
        running_->start();
      }
      co_await flushed_.wait();
    }
    co_return result_;
  }

 private:
  uint64_t synced() const {
    const auto found = disk_.files_.find(path_);
    return found == disk_.files_.end() || generation_ != disk_.generation_
               ? 0
               : found->second.synced_size;
  }

  Task<void> flush() {
    const auto before = disk_.files_.find(path_);
    if (generation_ == disk_.generation_ && before != disk_.files_.end()) {
      before->second.unsynced = std::exchange(buffer_, {});
    }
    co_await disk_.work();
    const auto found = disk_.files_.find(path_);
    if (generation_ != disk_.generation_ || found == disk_.files_.end()) {
      result_ = fail(Code::kInternal, cat("sync ", path_, ": input/output error"));
      co_return;
    }
    if (disk_.write_error_) {
      result_ = fail(disk_.write_error_->with(cat("sync ", path_)));
      co_return;
    }
    ++disk_.syncs_;
    SimDisk::File& file = found->second;
    file.durable.resize(file.synced_size);
    file.durable += std::exchange(file.unsynced, {});
    file.synced_size = file.durable.size();
    file.durable.resize((file.synced_size / kAppendStepBytes + 1) * kAppendStepBytes);
  }

  SimDisk& disk_;
  std::string path_;
  uint64_t size_;
  uint64_t generation_;
  std::string buffer_;
  Result<void> result_;
  io::Event flushed_;
  std::unique_ptr<io::Running> running_;
};

Task<void> SimDisk::work() {
  const int64_t spread = max_latency.ns - min_latency.ns;
  Duration d = min_latency;
  if (spread > 0) d.ns += static_cast<int64_t>(rng_.below(static_cast<uint64_t>(spread) + 1));
  return io::sleepFor(loop_, d);
}

bool SimDisk::isDirectory(const std::string& path) const {
  return path == "/" || directories_.contains(path);
}

Result<void> SimDisk::checkParent(const std::string& what, const std::string& path) const {
  if (isDirectory(path)) return fail(Code::kInvalid, cat(what, " ", path, ": is a directory"));
  if (!isDirectory(parentOf(path))) return noSuchFile(what, path);
  return {};
}

std::string* SimDisk::contents(const std::string& path) {
  const auto found = files_.find(path);
  return found == files_.end() ? nullptr : &found->second.durable;
}

Task<Result<std::string>> SimDisk::readFile(std::string path, uint64_t max_bytes) {
  co_await work();
  if (isDirectory(path)) co_return fail(Code::kInvalid, cat("read ", path, ": is a directory"));
  const auto found = files_.find(path);
  if (found == files_.end()) co_return noSuchFile("open", path);
  if (found->second.durable.size() > max_bytes) {
    co_return fail(Code::kTooLarge, cat("read ", path, ": more than ", max_bytes, " bytes"));
  }
  co_return found->second.durable;
}

Task<Result<void>> SimDisk::writeFileAtomic(std::string path, std::string bytes, uint32_t) {
  MESHKA_CO_CHECK(checkParent("write", path));
  replacing_[path] = bytes;
  const uint64_t generation = generation_;
  co_await work();
  if (generation != generation_)
    co_return fail(Code::kInternal, cat("write ", path, ": input/output error"));
  replacing_.erase(path);
  if (write_error_) co_return fail(write_error_->with(cat("write ", path)));
  ++syncs_;
  files_[path] = File{.durable = bytes, .synced_size = bytes.size()};
  co_return Result<void>();
}

Task<Result<void>> SimDisk::createExclusive(std::string path, uint32_t) {
  co_await work();
  MESHKA_CO_CHECK(checkParent("create", path));
  if (files_.contains(path))
    co_return fail(Code::kAlreadyExists, cat("create ", path, ": file exists"));
  files_[path];
  co_return Result<void>();
}

Task<Result<void>> SimDisk::makeDirectories(std::string path, uint32_t) {
  co_await work();
  for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (files_.contains(part))
      co_return fail(Code::kInvalid, cat("make directory ", part, ": not a directory"));
    if (part != "/") directories_.insert(part);
    if (end == path.npos) break;
  }
  co_return Result<void>();
}

Task<Result<void>> SimDisk::remove(std::string path, bool recursive) {
  co_await work();
  files_.erase(path);
  if (!isDirectory(path)) co_return Result<void>();
  const auto inside = [&](const std::string& other) { return below(other, path); };
  const bool empty =
      std::none_of(directories_.begin(), directories_.end(), inside) &&
      std::none_of(files_.begin(), files_.end(), [&](const auto& f) { return inside(f.first); });
  if (!recursive && !empty)
    co_return fail(Code::kInternal, cat("remove ", path, ": directory not empty"));
  std::erase_if(files_, [&](const auto& f) { return inside(f.first); });
  std::erase_if(directories_, inside);
  directories_.erase(path);
  co_return Result<void>();
}

Task<Result<std::vector<std::string>>> SimDisk::listDirectory(std::string path) {
  co_await work();
  if (!isDirectory(path)) co_return noSuchFile("open", path);
  std::vector<std::string> names;
  const auto consider = [&](const std::string& other) {
    if (other != "/" && parentOf(other) == path)
      names.push_back(other.substr(other.rfind('/') + 1));
  };
  for (const std::string& directory : directories_) consider(directory);
  for (const auto& [name, file] : files_) consider(name);
  std::sort(names.begin(), names.end());
  co_return std::move(names);
}

Task<Result<std::unique_ptr<io::AppendFile>>> SimDisk::openAppend(std::string path, uint64_t size) {
  co_await work();
  MESHKA_CO_CHECK(checkParent("open", path));
  File& file = files_[path];
  if (file.durable.size() < size) {
    co_return fail(Code::kInvalid,
                   cat("open ", path, ": has ", file.durable.size(), " bytes, less than ", size));
  }
  file.durable.resize(size);
  file.synced_size = size;
  file.unsynced.clear();
  co_return std::make_unique<SimAppendFile>(*this, std::move(path), size);
}

void SimDisk::crash() {
  ++generation_;
  for (auto& [path, bytes] : std::exchange(replacing_, {})) {
    if (rng_.below(2) == 0) files_[path] = File{.durable = bytes, .synced_size = bytes.size()};
  }
  for (auto& [path, file] : files_) {
    std::string unsynced = std::exchange(file.unsynced, {});
    if (unsynced.empty()) continue;
    file.durable.resize(file.synced_size);
    switch (rng_.below(4)) {
      case 0:
        break;  // nothing arrived
      case 1:
        file.durable += unsynced;
        break;  // all of it did
      case 2:
        file.durable += unsynced.substr(0, rng_.below(unsynced.size()));
        break;
      default: {  // pages arrive in any order: a hole of zeros in the middle
        const size_t from = rng_.below(unsynced.size());
        const size_t to = from + 1 + rng_.below(unsynced.size() - from);
        std::fill(unsynced.begin() + static_cast<ptrdiff_t>(from),
                  unsynced.begin() + static_cast<ptrdiff_t>(to), '\0');
        file.durable += unsynced;
      }
    }
    const size_t size = file.durable.size();
    file.durable.resize((size / kAppendStepBytes + 1) * kAppendStepBytes);
    file.synced_size = size;
  }
}

}  // namespace meshka::sim
