// The world a component is given by its constructor: time, a loop that runs callbacks in order,
// randomness, network, disk and child processes. io/linux makes the real one, sim makes one with
// virtual time and seeded faults. One thread owns a loop and everything on it; only post() may be
// called from other threads.
#pragma once

#include "base/function.h"
#include "base/log.h"
#include "base/rng.h"
#include "base/time.h"

namespace meshka::io {

class Network;
class Disk;
class Runtime;

class Clock {
 public:
  virtual ~Clock() = default;
  // Frozen within one turn of the loop.
  virtual Instant now() const = 0;
  virtual WallTime wall() const = 0;
};

class TimerTarget {
 public:
  virtual ~TimerTarget() = default;
  virtual void onTimer() = 0;
};

class Loop {
 public:
  virtual ~Loop() = default;
  virtual const Clock& clock() const = 0;
  // Runs `work` in a later turn, in order of posting. Thread-safe.
  virtual void post(Callback work) = 0;
  // One pending time per target: arming again moves it; kNever disarms. A target disarms itself
  // before it dies (Timer does).
  virtual void arm(TimerTarget& target, Instant at) = 0;
};

// RAII timer with a callback. Not movable: the loop keeps its address.
class Timer final : private TimerTarget {
 public:
  Timer(Loop& loop, Callback fire) : loop_(loop), fire_(std::move(fire)) {}
  ~Timer() override { cancel(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void armAt(Instant at) {
    armed_ = at != kNever;
    loop_.arm(*this, at);
  }
  void armAfter(Duration d) { armAt(loop_.clock().now() + d); }
  void cancel() {
    if (armed_) armAt(kNever);
  }
  bool armed() const { return armed_; }

 private:
  void onTimer() override {
    armed_ = false;
    fire_();
  }
  Loop& loop_;
  Callback fire_;
  bool armed_ = false;
};

struct World {
  Loop& loop;
  Rng& rng;
  Network& network;
  Disk& disk;
  Runtime& runtime;
  Log& log;

  const Clock& clock() const { return loop.clock(); }
};

}  // namespace meshka::io
