// A loop whose time stands still until a test moves it. Everything runs on the caller's thread in a
// reproducible order: due timers by time and arming, then posted work.
#pragma once

#include <optional>
#include <vector>

#include "io/async.h"
#include "io/loop.h"
#include "io/running.h"
#include "io/timer_queue.h"
#include "sim/limits.h"

namespace meshka::sim {

class SimLoop final : public io::Loop, private io::Clock {
 public:
  // 2026-01-01T00:00:00Z
  explicit SimLoop(WallTime start = WallTime{1'767'225'600'000'000'000}) : start_(start) {}
  SimLoop(const SimLoop&) = delete;
  SimLoop& operator=(const SimLoop&) = delete;

  const io::Clock& clock() const override { return *this; }
  void post(Callback work) override { posted_.push_back(std::move(work)); }
  void arm(io::TimerTarget& target, Instant at) override { timers_.arm(target, at); }

  // One turn at the present time; false when nothing was ready.
  bool turn();
  // Turns until nothing is ready at the present time.
  void settle();
  // Settles, then moves time from timer to timer up to now + d, settling at each.
  void advance(Duration d);
  // Moves to the next timer within `limit` and settles there; false when there is none.
  bool step(Duration limit = kRunLimit);
  // Steps until `done` gives true; false when `limit` passed or nothing is left to happen.
  bool runUntil(Function<bool()> done, Duration limit = kRunLimit);
  // The task's result; empty when it did not end within `limit`.
  template <class T>
  std::optional<T> tryRun(io::Task<T> task, Duration limit = kRunLimit) {
    std::optional<T> out;
    io::Running running(io::detail::storeInto(std::move(task), out));
    running.start();
    runUntil([&] { return running.finished(); }, limit);
    return out;
  }
  // The same for tasks that must end.
  template <class T>
  T run(io::Task<T> task, Duration limit = kRunLimit) {
    if constexpr (std::is_void_v<T>) {
      io::Running running(std::move(task));
      running.start();
      MESHKA_ASSERT(runUntil([&] { return running.finished(); }, limit));
    } else {
      std::optional<T> out = tryRun(std::move(task), limit);
      MESHKA_ASSERT(out.has_value());
      return std::move(*out);
    }
  }

  size_t turns() const { return turns_; }

 private:
  Instant now() const override { return now_; }
  WallTime wall() const override { return start_ + (now_ - Instant{}); }

  WallTime start_;
  Instant now_;
  io::TimerQueue timers_;
  std::vector<Callback> posted_;
  size_t turns_ = 0;
};

}  // namespace meshka::sim
