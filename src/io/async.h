// What coroutines wait for: time, events, other tasks. Every wait takes its deadline from the
// caller.
#pragma once

#include <memory>
#include <vector>

#include "io/loop.h"
#include "io/task.h"

namespace meshka::io {

// co_await sleepUntil(loop, at): resumes in the turn in which the loop's clock reaches `at`.
Task<void> sleepUntil(Loop& loop, Instant at);
inline Task<void> sleepFor(Loop& loop, Duration d) {
  return sleepUntil(loop, loop.clock().now() + d);
}
// Resumes in a later turn of the loop: gives others their turn.
Task<void> yield(Loop& loop);

// A condition that tasks wait for. set() wakes all waiters in a later turn; reset() makes later
// waits block again.
class Event {
 public:
  explicit Event(Loop& loop) : loop_(loop) {}
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void set();
  void reset() { set_ = false; }
  bool isSet() const { return set_; }
  // False when the deadline passed first.
  Task<bool> wait(Instant deadline = kNever);

 private:
  friend struct EventWaiter;
  Loop& loop_;
  bool set_ = false;
  std::vector<struct EventWaiter*> waiters_;
};

namespace detail {
// Runs `task`; when `deadline` passes first, destroys it and gives false.
Task<bool> raceDeadline(Loop& loop, Instant deadline, Task<void> task);
template <class T>
Task<void> storeInto(Task<T> task, std::optional<T>& out) {
  out.emplace(co_await std::move(task));
}
}  // namespace detail

// The task's result, or kTimeout naming `what` when the deadline passes first (the task is then
// cancelled).
template <class T>
Task<Result<T>> withDeadline(Loop& loop, Instant deadline, Task<Result<T>> task, std::string what) {
  std::optional<Result<T>> out;
  const bool done =
      co_await detail::raceDeadline(loop, deadline, detail::storeInto(std::move(task), out));
  if (!done || !out) co_return fail(Code::kTimeout, what + ": deadline exceeded");
  co_return std::move(*out);
}

// Owns running tasks, at most `limit` at once (a named bound of the caller's limits.h). Destruction
// cancels them.
class Group {
 public:
  Group(Loop& loop, size_t limit);
  ~Group();
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  // Starts the task in a later turn; false (and the task is dropped) when `limit` tasks run
  // already.
  bool spawn(Task<void> task);
  size_t running() const;
  // Waits until no task runs.
  Task<void> drain();
  // Cancels all tasks now. Not from inside one of them.
  void cancelAll();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace meshka::io
