#include "io/linux/pool.h"

#include <csignal>

#include <memory>

namespace meshka::io {

// Shared by the awaiter, the queue or thread, and the posted resumption, so that none of them
// outlives it.
struct ThreadPool::Job {
  enum class State : uint8_t { kQueued, kRunning, kDone };
  Callback work;
  State state = State::kQueued;     // guarded by the pool's mutex
  std::coroutine_handle<> waiting;  // only touched on the loop; null: cancelled
};

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    queue_.clear();
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadPool::threadMain() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    wake_.wait(lock, [&] { return ending_ || !queue_.empty(); });
    --idle_;
    if (ending_) return;
    std::shared_ptr<Job> job = std::move(queue_.front());
    queue_.pop_front();
    job->state = Job::State::kRunning;
    lock.unlock();
    job->work();
    lock.lock();
    job->state = Job::State::kDone;
    finished_.notify_all();
    lock.unlock();
    loop_.post([job = std::move(job)] {
      if (job->waiting) std::exchange(job->waiting, nullptr).resume();
    });
    lock.lock();
  }
}

void ThreadPool::submit(std::shared_ptr<Job> job) {
  const std::lock_guard lock(mutex_);
  queue_.push_back(std::move(job));
  if (idle_ < queue_.size() && threads_.size() < max_threads_) {
    // Signals belong to the loop's thread.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    threads_.emplace_back([this] { threadMain(); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  wake_.notify_one();
}

void ThreadPool::cancel(Job& job) {
  job.waiting = nullptr;
  std::unique_lock lock(mutex_);
  std::erase_if(queue_, [&](const std::shared_ptr<Job>& queued) { return queued.get() == &job; });
  finished_.wait(lock, [&] { return job.state != Job::State::kRunning; });
}

struct ThreadPool::Awaiter {
  Awaiter(ThreadPool& p, Callback work) : pool(p), job(std::make_shared<Job>()) {
    job->work = std::move(work);
  }
  ~Awaiter() {
    if (job->waiting) pool.cancel(*job);
  }
  bool await_ready() noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) {
    job->waiting = h;
    pool.submit(job);
  }
  void await_resume() noexcept {}

  ThreadPool& pool;
  std::shared_ptr<Job> job;
};

Task<void> ThreadPool::run(Callback work) {
  co_await Awaiter(*this, std::move(work));
}

}  // namespace meshka::io
