// The real loop: edge-triggered epoll, timers, posts from other threads through an eventfd, signals
// through signalfd. A turn is: wait for events, read the clock once, deliver descriptors' events,
// then due timers, then posted work.
#pragma once

#include <csignal>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "io/linux/fd.h"
#include "io/loop.h"
#include "io/task.h"
#include "io/timer_queue.h"

struct epoll_event;

namespace meshka::io {

class FdHandler {
 public:
  virtual ~FdHandler() = default;
  virtual void onFd(uint32_t epoll_events) = 0;
};

class LinuxLoop final : public Loop, private Clock, private FdHandler {
 public:
  LinuxLoop();
  ~LinuxLoop() override;
  LinuxLoop(const LinuxLoop&) = delete;
  LinuxLoop& operator=(const LinuxLoop&) = delete;

  const Clock& clock() const override { return *this; }
  void post(Callback work) override;
  void arm(TimerTarget& target, Instant at) override { timers_.arm(target, at); }

  // Edge-triggered; `epoll_events` is EPOLLIN and so on. The handler is called until unwatch.
  Result<void> watch(int fd, uint32_t epoll_events, FdHandler& handler);
  // Before the descriptor is closed. Events of this turn that were not delivered yet are dropped.
  void unwatch(int fd, FdHandler& handler);

  // Calls `work` on the loop when the signal comes; it is blocked for this thread and those started
  // later. One callback per signal; an empty one gives the signal its default action back.
  void onSignal(int signal, Callback work);

  // Turns until stop().
  void run();
  // One turn; without `wait` it does not sleep.
  void turn(bool wait);
  // The loop leaves run() at the end of the turn. Thread-safe.
  void stop();

  size_t slowTurns() const { return slow_turns_; }
  Duration slowestTurn() const { return slowest_turn_; }

 private:
  Instant now() const override { return now_; }
  WallTime wall() const override { return wall_; }
  void onFd(uint32_t) override {}  // the eventfd: being awake is all
  class Signals;

  void readClock();
  int timeoutMs() const;
  void runPosted();

  Instant now_;
  WallTime wall_;
  TimerQueue timers_;
  Fd epoll_;
  Fd wake_;
  std::vector<epoll_event> events_;
  int delivered_to_ = 0;  // events_ before this index are done
  int delivered_end_ = 0;
  std::unique_ptr<Signals> signals_;
  std::vector<Callback> running_posts_;
  size_t slow_turns_ = 0;
  Duration slowest_turn_;

  std::mutex mutex_;  // guards what other threads touch
  std::vector<Callback> posted_;
  bool woken_ = false;
  bool stopping_ = false;
};

// Waits for events of a descriptor that nobody else watches; false when the deadline passed first.
Task<bool> waitFd(LinuxLoop& loop, int fd, uint32_t epoll_events, Instant deadline);

}  // namespace meshka::io
