#include "io/async.h"

#include <algorithm>
#include <list>

#include "io/running.h"

namespace meshka::io {

// Every waiter below wakes through Loop::arm, with the present time for "in a later turn". Unlike a
// posted callback an armed target can be disarmed, which is what its destructor (cancellation)
// does.

namespace {

struct Sleep final : TimerTarget {
  Sleep(Loop& l, Instant t) : loop(l), at(t) {}
  ~Sleep() override { loop.arm(*this, kNever); }
  bool await_ready() noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) {
    waiting = h;
    loop.arm(*this, at);
  }
  void await_resume() noexcept {}
  void onTimer() override { waiting.resume(); }

  Loop& loop;
  Instant at;
  std::coroutine_handle<> waiting;
};

}  // namespace

Task<void> sleepUntil(Loop& loop, Instant at) {
  co_await Sleep(loop, at);
}
Task<void> yield(Loop& loop) {
  co_await Sleep(loop, loop.clock().now());
}

struct EventWaiter final : TimerTarget {
  EventWaiter(Event& e, Instant d) : event(&e), loop(e.loop_), deadline(d) {}
  ~EventWaiter() override {
    leave();
    loop.arm(*this, kNever);
  }
  bool await_ready() noexcept {
    woken = event->set_;
    return woken;
  }
  void await_suspend(std::coroutine_handle<> h) {
    waiting = h;
    event->waiters_.push_back(this);
    listed = true;
    if (deadline != kNever) loop.arm(*this, deadline);
  }
  bool await_resume() noexcept { return woken; }

  void wake() {
    woken = true;
    listed = false;
    loop.arm(*this, loop.clock().now());
  }
  void leave() {
    if (listed) std::erase(event->waiters_, this);
    listed = false;
  }
  void onTimer() override {
    leave();
    waiting.resume();
  }

  Event* event;
  Loop& loop;
  Instant deadline;
  std::coroutine_handle<> waiting;
  bool listed = false;
  bool woken = false;
};

// Tasks that still wait then wait for their deadline only.
Event::~Event() {
  for (EventWaiter* waiter : waiters_) waiter->listed = false;
}

void Event::set() {
  set_ = true;
  for (EventWaiter* waiter : std::exchange(waiters_, {})) waiter->wake();
}

Task<bool> Event::wait(Instant deadline) {
  co_return co_await EventWaiter(*this, deadline);
}

namespace detail {
namespace {

struct Race {
  Race(Loop& loop, Instant d, Task<void> task)
      : running(std::move(task), [this] { finished(); }),
        timer(loop, [this] { expired(); }),
        deadline(d) {}
  bool await_ready() noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> h) {
    waiting = h;
    running.start();
    starting = false;
    if (running.finished()) return false;
    timer.armAt(deadline);
    return true;
  }
  bool await_resume() noexcept { return running.finished(); }

  void finished() {
    if (starting) return;
    timer.cancel();
    waiting.resume();
  }
  void expired() {
    running.cancel();
    waiting.resume();
  }

  Running running;
  Timer timer;
  Instant deadline;
  std::coroutine_handle<> waiting;
  bool starting = true;
};

}  // namespace

Task<bool> raceDeadline(Loop& loop, Instant deadline, Task<void> task) {
  co_return co_await Race(loop, deadline, std::move(task));
}

}  // namespace detail

struct Group::State {
  struct Entry final : TimerTarget {
    Entry(State& s, Task<void> task)
        : state(s), running(std::move(task), [this] { state.ended(this); }) {}
    ~Entry() override { state.loop.arm(*this, kNever); }
    void onTimer() override { running.start(); }

    State& state;
    Running running;
    std::list<Entry>::iterator self;
  };

  State(Loop& l, size_t n) : loop(l), limit(n), idle(l) { idle.set(); }

  void ended(Entry* entry) {
    entries.erase(entry->self);
    if (entries.empty()) idle.set();
  }

  Loop& loop;
  size_t limit;
  Event idle;
  std::list<Entry> entries;
};

Group::Group(Loop& loop, size_t limit) : state_(std::make_unique<State>(loop, limit)) {}
Group::~Group() {
  cancelAll();
}

bool Group::spawn(Task<void> task) {
  if (state_->entries.size() >= state_->limit) return false;
  State::Entry& entry = state_->entries.emplace_back(*state_, std::move(task));
  entry.self = std::prev(state_->entries.end());
  state_->idle.reset();
  state_->loop.arm(entry, state_->loop.clock().now());
  return true;
}

size_t Group::running() const {
  return state_->entries.size();
}

Task<void> Group::drain() {
  while (!state_->entries.empty()) co_await state_->idle.wait();
}

void Group::cancelAll() {
  // One by one from a list of our own: a destroyed task may look at the group.
  std::list<State::Entry> dying = std::move(state_->entries);
  state_->entries.clear();
  dying.clear();
  if (state_->entries.empty()) state_->idle.set();
}

}  // namespace meshka::io
