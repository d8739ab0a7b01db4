#include "io/timer_queue.h"

namespace meshka::io {

void TimerQueue::arm(TimerTarget& target, Instant at) {
  const auto known = by_target_.find(&target);
  if (known != by_target_.end()) {
    order_.erase(known->second);
    if (at == kNever) {
      by_target_.erase(known);
      return;
    }
    known->second = order_.insert({at, sequence_++, &target}).first;
    return;
  }
  if (at == kNever) return;
  by_target_.emplace(&target, order_.insert({at, sequence_++, &target}).first);
}

size_t TimerQueue::fireDue(Instant now) {
  std::vector<Entry> due = std::move(due_);
  due.clear();
  for (const Entry& entry : order_) {
    if (entry.at > now) break;
    due.push_back(entry);
  }
  size_t fired = 0;
  for (const Entry& entry : due) {
    // An earlier target may have disarmed, moved or destroyed this one; the sequence tells.
    const auto armed = by_target_.find(entry.target);
    if (armed == by_target_.end() || armed->second->sequence != entry.sequence) continue;
    order_.erase(armed->second);
    by_target_.erase(armed);
    ++fired;
    entry.target->onTimer();
  }
  due_ = std::move(due);
  return fired;
}

}  // namespace meshka::io
