#include "sim/loop.h"

namespace meshka::sim {

bool SimLoop::turn() {
  ++turns_;
  const size_t fired = timers_.fireDue(now_);
  std::vector<Callback> batch = std::move(posted_);
  posted_.clear();
  for (Callback& work : batch) work();
  return fired > 0 || !batch.empty();
}

void SimLoop::settle() {
  for (size_t i = 0; turn(); ++i) MESHKA_ASSERT(i < kSettleTurns);  // something spins
}

bool SimLoop::step(Duration limit) {
  const Instant next = timers_.next();
  if (next == kNever || next > now_ + limit) return false;
  if (next > now_) now_ = next;
  settle();
  return true;
}

void SimLoop::advance(Duration d) {
  const Instant end = now_ + d;
  settle();
  while (step(end - now_)) {
  }
  now_ = end;
}

bool SimLoop::runUntil(Function<bool()> done, Duration limit) {
  const Instant end = now_ + limit;
  for (;;) {
    for (size_t i = 0; !done(); ++i) {
      MESHKA_ASSERT(i < kSettleTurns);
      if (!turn()) break;
    }
    if (done()) return true;
    const Instant next = timers_.next();
    if (next == kNever || next > end) return false;
    if (next > now_) now_ = next;
  }
}

}  // namespace meshka::sim
