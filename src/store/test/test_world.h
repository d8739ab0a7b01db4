// What the store's tests run on: a loop with virtual time, and a disk in memory that can crash. At
// a crash every file keeps what was synced and, of what was not, a prefix of random length,
// possibly with damaged bytes: what a torn write leaves behind.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/rng.h"
#include "io/async.h"
#include "io/disk.h"
#include "io/running.h"
#include "io/timer_queue.h"

namespace meshka::store::test {

class TestLoop final : public io::Loop, private io::Clock {
 public:
  const io::Clock& clock() const override { return *this; }
  void post(Callback work) override { posted_.push_back(std::move(work)); }
  void arm(io::TimerTarget& target, Instant at) override { timers_.arm(target, at); }

  // One turn; false when there is nothing to do at the present time.
  bool turn() {
    std::deque<Callback> now = std::exchange(posted_, {});
    for (Callback& work : now) work();
    const size_t fired = timers_.next() <= now_ ? timers_.fireDue(now_) : 0;
    return !now.empty() || fired > 0;
  }
  void settle() {
    while (turn()) {
    }
  }
  void advance(Duration d) {
    settle();
    now_ = now_ + d;
    settle();
  }
  void forget() { posted_.clear(); }

 private:
  Instant now() const override { return now_; }
  WallTime wall() const override { return {now_.ns}; }
  Instant now_{1};
  std::deque<Callback> posted_;
  io::TimerQueue timers_;
};

class CrashDisk final : public io::Disk {
 public:
  struct File {
    std::string synced;
    std::string buffered;  // appended, not synced
    bool created_durably = false;
  };
  CrashDisk(io::Loop& loop, Rng& rng) : loop_(loop), rng_(rng) {}

  // Operations (syncs, creations, removals) from now until nothing works any more; unset: for ever.
  std::optional<size_t> operations_left;
  bool failed() const { return operations_left && *operations_left == 0; }
  std::map<std::string, std::shared_ptr<File>> files;

  void crash() {
    for (auto at = files.begin(); at != files.end();) {
      File& file = *at->second;
      std::string kept = file.buffered.substr(0, rng_.below(file.buffered.size() + 1));
      if (!kept.empty() && rng_.below(3) == 0) kept[rng_.below(kept.size())] ^= 0x40;
      if (rng_.below(3) == 0) kept.append(rng_.below(64), '\0');
      file.synced += kept;
      file.buffered.clear();
      const bool gone = !file.created_durably && rng_.below(2) == 0;
      at = gone ? files.erase(at) : std::next(at);
    }
    // The next program opens the files anew.
    for (auto& [path, file] : files) {
      file = std::make_shared<File>(*file);
      file->created_durably = true;
    }
    operations_left.reset();
  }

  io::Task<Result<std::string>> readFile(std::string path, uint64_t) override {
    co_await io::yield(loop_);
    const auto at = files.find(path);
    if (at == files.end()) co_return fail(Code::kNotFound, path + ": no such file");
    co_return at->second->synced + at->second->buffered;
  }
  io::Task<Result<void>> writeFileAtomic(std::string, std::string, uint32_t) override {
    co_return fail(Code::kInternal, "not used by the store");
  }
  io::Task<Result<void>> createExclusive(std::string, uint32_t) override {
    co_return fail(Code::kInternal, "not used by the store");
  }
  io::Task<Result<void>> makeDirectories(std::string, uint32_t) override {
    co_return Result<void>();
  }
  io::Task<Result<void>> remove(std::string path, bool) override {
    MESHKA_CO_CHECK(co_await operation());
    files.erase(path);
    co_return Result<void>();
  }
  io::Task<Result<std::vector<std::string>>> listDirectory(std::string path) override {
    co_await io::yield(loop_);
    std::vector<std::string> out;
    for (const auto& [name, file] : files) {
      if (name.starts_with(path + "/")) out.push_back(name.substr(path.size() + 1));
    }
    co_return out;
  }
  io::Task<Result<std::unique_ptr<io::AppendFile>>> openAppend(std::string path,
                                                               uint64_t size) override {
    MESHKA_CO_CHECK(co_await operation());
    std::shared_ptr<File>& file = files[path];
    if (!file) file = std::make_shared<File>();
    file->synced = (file->synced + file->buffered).substr(0, size);
    file->buffered.clear();
    co_return std::make_unique<Append>(*this, file);
  }

 private:
  class Append final : public io::AppendFile {
   public:
    Append(CrashDisk& disk, std::shared_ptr<File> file) : disk_(disk), file_(std::move(file)) {}
    uint64_t size() const override { return file_->synced.size() + file_->buffered.size(); }
    void append(std::string_view bytes) override { file_->buffered.append(bytes); }
    io::Task<Result<void>> sync() override {
      const size_t up_to = file_->buffered.size();
      MESHKA_CO_CHECK(co_await disk_.operation());
      file_->synced += file_->buffered.substr(0, up_to);
      file_->buffered.erase(0, up_to);
      file_->created_durably = true;
      co_return Result<void>();
    }

   private:
    CrashDisk& disk_;
    std::shared_ptr<File> file_;
  };

  // Takes one to three turns; after the last allowed operation the disk hangs, as before a power
  // cut.
  io::Task<Result<void>> operation() {
    for (uint64_t turns = 1 + rng_.below(3); turns > 0; --turns) co_await io::yield(loop_);
    if (failed()) co_await io::sleepUntil(loop_, kNever);
    if (operations_left) --*operations_left;
    co_return Result<void>();
  }

  io::Loop& loop_;
  Rng& rng_;
};

// Runs a task to its end on the loop.
template <class T>
io::Task<void> capture(io::Task<T> task, std::optional<T>& out) {
  out.emplace(co_await std::move(task));
}
template <class T>
std::optional<T> runTask(TestLoop& loop, io::Task<T> task) {
  std::optional<T> out;
  io::Running running(capture(std::move(task), out));
  running.start();
  loop.settle();
  return out;
}

}  // namespace meshka::store::test
