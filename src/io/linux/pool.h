// Threads for what blocks: file system calls, certificate work. Results come back on the loop.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/function.h"
#include "io/loop.h"
#include "io/task.h"

namespace meshka::io {

class ThreadPool final {
 public:
  ThreadPool(Loop& loop, size_t max_threads) : loop_(loop), max_threads_(max_threads) {}
  // Waits for running work. Nobody may wait for run() any more.
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Runs `work` on a thread and resumes on the loop. Cancelled by destruction: queued work is
  // dropped; running work is waited for, since it may refer to the caller's frame.
  Task<void> run(Callback work);

 private:
  struct Job;
  struct Awaiter;
  void submit(std::shared_ptr<Job> job);
  void cancel(Job& job);
  void threadMain();

  Loop& loop_;
  const size_t max_threads_;
  std::mutex mutex_;
  std::condition_variable wake_;      // threads: work or end
  std::condition_variable finished_;  // cancel(): a running job ended
  std::deque<std::shared_ptr<Job>> queue_;
  std::vector<std::thread> threads_;
  size_t idle_ = 0;
  bool ending_ = false;
};

}  // namespace meshka::io
