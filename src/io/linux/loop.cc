#include "io/linux/loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "base/strings.h"
#include "io/linux/limits.h"

namespace meshka::io {
namespace {

int64_t readNs(clockid_t id) {
  timespec t;
  ::clock_gettime(id, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

}  // namespace

// One signalfd for all signals asked for.
class LinuxLoop::Signals final : public FdHandler {
 public:
  explicit Signals(LinuxLoop& loop) : loop_(loop) { ::sigemptyset(&set_); }
  ~Signals() override {
    if (fd_) loop_.unwatch(fd_.get(), *this);
    ::pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
  }

  void handle(int signal, Callback work) {
    sigset_t one;
    ::sigemptyset(&one);
    ::sigaddset(&one, signal);
    const bool wanted = static_cast<bool>(work);
    if (wanted) {
      ::sigaddset(&set_, signal);
      callbacks_[signal] = std::move(work);
    } else {
      ::sigdelset(&set_, signal);
      callbacks_.erase(signal);
    }
    ::pthread_sigmask(wanted ? SIG_BLOCK : SIG_UNBLOCK, &one, nullptr);
    const int fd = ::signalfd(fd_.get(), &set_, SFD_CLOEXEC | SFD_NONBLOCK);
    MESHKA_ASSERT(fd >= 0);
    if (!fd_) {
      fd_ = Fd(fd);
      (void)loop_.watch(fd, EPOLLIN, *this);
    }
  }

  void onFd(uint32_t) override {
    signalfd_siginfo info;
    while (::read(fd_.get(), &info, sizeof info) == sizeof info) {
      const auto found = callbacks_.find(static_cast<int>(info.ssi_signo));
      if (found == callbacks_.end()) continue;
      Callback work = std::move(found->second);  // it may replace itself
      work();
      const auto again = callbacks_.find(static_cast<int>(info.ssi_signo));
      if (again != callbacks_.end() && !again->second) again->second = std::move(work);
    }
  }

 private:
  LinuxLoop& loop_;
  sigset_t set_;
  Fd fd_;
  std::map<int, Callback> callbacks_;
};

LinuxLoop::LinuxLoop()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  MESHKA_ASSERT(epoll_ && wake_);
  events_.resize(kEventsPerTurn);
  readClock();
  MESHKA_ASSERT(watch(wake_.get(), EPOLLIN, *this).has_value());
}

LinuxLoop::~LinuxLoop() = default;

void LinuxLoop::readClock() {
  now_ = Instant{readNs(CLOCK_MONOTONIC)};
  wall_ = WallTime{readNs(CLOCK_REALTIME)};
}

void LinuxLoop::post(Callback work) {
  bool wake;
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(work));
    wake = !std::exchange(woken_, true);
  }
  if (wake) ::eventfd_write(wake_.get(), 1);
}

void LinuxLoop::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  woken_ = true;
  ::eventfd_write(wake_.get(), 1);
}

Result<void> LinuxLoop::watch(int fd, uint32_t epoll_events, FdHandler& handler) {
  epoll_event event{};
  event.events = epoll_events | EPOLLET;
  event.data.ptr = &handler;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return fail(errnoError(errno, cat("watch descriptor ", fd)));
  }
  return {};
}

void LinuxLoop::unwatch(int fd, FdHandler& handler) {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  for (int i = delivered_to_; i < delivered_end_; ++i) {
    if (events_[i].data.ptr == &handler) events_[i].data.ptr = nullptr;
  }
}

void LinuxLoop::onSignal(int signal, Callback work) {
  if (!signals_) signals_ = std::make_unique<Signals>(*this);
  signals_->handle(signal, std::move(work));
}

int LinuxLoop::timeoutMs() const {
  const Instant next = timers_.next();
  if (next == kNever) return -1;
  // Up to the next millisecond: waking early would only turn once more for nothing.
  const int64_t ns = next.ns - readNs(CLOCK_MONOTONIC);
  if (ns <= 0) return 0;
  const int64_t ms = (ns + 999'999) / 1'000'000;
  return ms > 3'600'000 ? 3'600'000 : static_cast<int>(ms);
}

void LinuxLoop::turn(bool wait) {
  const int count =
      ::epoll_wait(epoll_.get(), events_.data(), kEventsPerTurn, wait ? timeoutMs() : 0);
  readClock();
  delivered_end_ = count < 0 ? 0 : count;
  for (delivered_to_ = 0; delivered_to_ < delivered_end_;) {
    const epoll_event event = events_[delivered_to_++];
    if (event.data.ptr != nullptr) static_cast<FdHandler*>(event.data.ptr)->onFd(event.events);
  }
  delivered_end_ = 0;
  timers_.fireDue(now_);
  runPosted();
  const Duration took = Instant{readNs(CLOCK_MONOTONIC)} - now_;
  if (took > kSlowTurn) ++slow_turns_;
  if (took > slowest_turn_) slowest_turn_ = took;
}

void LinuxLoop::runPosted() {
  {
    const std::lock_guard lock(mutex_);
    if (posted_.empty() && !woken_) return;
    if (woken_) {
      eventfd_t ignored;
      ::eventfd_read(wake_.get(), &ignored);
    }
    woken_ = false;
    running_posts_.swap(posted_);
  }
  std::vector<Callback> batch = std::move(running_posts_);
  for (Callback& work : batch) work();
  batch.clear();
  running_posts_ = std::move(batch);
}

void LinuxLoop::run() {
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(stopping_, false)) return;
    }
    turn(true);
  }
}

namespace {

struct FdWait final : FdHandler, TimerTarget {
  FdWait(LinuxLoop& l, int f, uint32_t e, Instant d) : loop(l), fd(f), events(e), deadline(d) {}
  ~FdWait() override { leave(); }
  bool await_ready() noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> h) {
    waiting = h;
    // What epoll refuses (regular files) never blocks.
    ready = watched = loop.watch(fd, events, *this).has_value();
    if (!watched) return ready = true, false;
    ready = false;
    if (deadline != kNever) loop.arm(*this, deadline);
    return true;
  }
  bool await_resume() noexcept { return ready; }
  void onFd(uint32_t) override { wake(true); }
  void onTimer() override { wake(false); }
  void wake(bool is_ready) {
    ready = is_ready;
    leave();
    waiting.resume();
  }
  void leave() {
    if (watched) loop.unwatch(fd, *this);
    watched = false;
    loop.arm(*this, kNever);
  }

  LinuxLoop& loop;
  int fd;
  uint32_t events;
  Instant deadline;
  std::coroutine_handle<> waiting;
  bool watched = false;
  bool ready = false;
};

}  // namespace

Task<bool> waitFd(LinuxLoop& loop, int fd, uint32_t epoll_events, Instant deadline) {
  co_return co_await FdWait(loop, fd, epoll_events, deadline);
}

}  // namespace meshka::io
