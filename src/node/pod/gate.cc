#include <algorithm>

#include "node/pod/context.h"

namespace meshka::node {

io::Task<Gate::Slot> Gate::enter() {
  while (inside_ >= limit_) {
    // Cancellation destroys the frame at the wait: the queue must not keep the event.
    struct Place {
      Place(Gate& g) : gate(g), event(g.loop_) { gate.waiting_.push_back(&event); }
      ~Place() { std::erase(gate.waiting_, &event); }
      Gate& gate;
      io::Event event;
    } place(*this);
    co_await place.event.wait();
  }
  ++inside_;
  co_return Slot(this);
}

void Gate::leave() {
  --inside_;
  if (!waiting_.empty()) waiting_.front()->set();
}

}  // namespace meshka::node
