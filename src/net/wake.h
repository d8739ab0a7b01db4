// How net's callback machines meet coroutines: Wake resumes one waiting coroutine in a later turn,
// never from inside a parser or a TLS record. Cheaper than io::Event (no allocation), for exactly
// one waiter.
#pragma once

#include <coroutine>

#include "io/loop.h"
#include "io/running.h"
#include "io/task.h"

namespace meshka::net {

// One waiter. fire() without a waiter is remembered once, so conditions are waited for in a loop.
class Wake final : private io::TimerTarget {
 public:
  explicit Wake(io::Loop& loop) : loop_(loop) {}
  ~Wake() override { disarm(); }
  Wake(const Wake&) = delete;
  Wake& operator=(const Wake&) = delete;

  void fire() {
    if (!waiting_) {
      fired_ = true;
    } else if (!armed_) {
      armed_ = true;
      loop_.arm(*this, loop_.clock().now());
    }
  }
  bool hasWaiter() const { return static_cast<bool>(waiting_); }

  // The Wake outlives the wait; destroying the waiting coroutine deregisters it.
  auto wait() {
    struct Awaiter {
      Wake& wake;
      bool suspended = false;
      explicit Awaiter(Wake& w) : wake(w) {}
      Awaiter(const Awaiter&) = delete;
      ~Awaiter() {
        if (suspended) {
          wake.waiting_ = nullptr;
          wake.disarm();
        }
      }
      bool await_ready() { return std::exchange(wake.fired_, false); }
      void await_suspend(std::coroutine_handle<> h) {
        MESHKA_ASSERT(!wake.waiting_);
        suspended = true;
        wake.waiting_ = h;
      }
      void await_resume() { suspended = false; }
    };
    return Awaiter(*this);
  }

 private:
  void disarm() {
    if (std::exchange(armed_, false)) loop_.arm(*this, kNever);
  }
  void onTimer() override {
    armed_ = false;
    if (waiting_) std::exchange(waiting_, nullptr).resume();
  }
  io::Loop& loop_;
  std::coroutine_handle<> waiting_ = nullptr;
  bool fired_ = false;
  bool armed_ = false;
};

}  // namespace meshka::net
