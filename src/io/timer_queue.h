// The pending timers of one loop, ordered by time and then by order of arming, so that equal times
// fire in a reproducible order. Shared by the Linux loop and the simulated one.
#pragma once

#include <cstdint>
#include <set>
#include <unordered_map>
#include <vector>

#include "io/loop.h"

namespace meshka::io {

class TimerQueue {
 public:
  // One time per target; kNever disarms.
  void arm(TimerTarget& target, Instant at);
  // kNever when nothing is armed.
  Instant next() const { return order_.empty() ? kNever : order_.begin()->at; }
  // Fires what is due at `now` and was armed before the call: a timer that is armed for the past
  // while others fire waits for the next call. Returns how many fired.
  size_t fireDue(Instant now);
  size_t size() const { return order_.size(); }

 private:
  struct Entry {
    Instant at;
    uint64_t sequence;
    TimerTarget* target;
    bool operator<(const Entry& o) const { return at != o.at ? at < o.at : sequence < o.sequence; }
  };
  std::set<Entry> order_;
  std::unordered_map<TimerTarget*, std::set<Entry>::iterator> by_target_;
  std::vector<Entry> due_;  // kept for its capacity
  uint64_t sequence_ = 0;
};

}  // namespace meshka::io
