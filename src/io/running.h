// The root of a chain of awaits: runs a Task<void> from plain code. Destroying a Running cancels
// its task.
#pragma once

#include "base/function.h"
#include "io/task.h"

namespace meshka::io {

class Running final {
 public:
  // `done` is called once, when the task has ended; it may destroy this Running. It is not called
  // on cancellation.
  explicit Running(Task<void> task, Callback done = {});
  ~Running() { cancel(); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  // Runs the task up to its first wait, or to its end. Once.
  void start();
  // Destroys the task. Not from inside it (but from `done` it is allowed).
  void cancel();
  bool finished() const { return finished_; }

 private:
  struct Root;
  static Root body(Task<void> task);
  void onDone();

  std::coroutine_handle<> handle_;
  Callback done_;
  bool finished_ = false;
};

}  // namespace meshka::io
