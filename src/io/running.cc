#include "io/running.h"

namespace meshka::io {

struct Running::Root {
  struct promise_type {
    Running* owner = nullptr;
    Root get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    // The frame is suspended when onDone runs, so its owner may destroy it from there.
    struct Final {
      bool await_ready() noexcept { return false; }
      void await_suspend(std::coroutine_handle<promise_type> h) noexcept {
        h.promise().owner->onDone();
      }
      void await_resume() noexcept {}
    };
    Final final_suspend() noexcept { return {}; }
    void return_void() {}
    [[noreturn]] void unhandled_exception() noexcept {
      assertFailed("exception left a coroutine", __FILE__, __LINE__);
    }
  };
  std::coroutine_handle<promise_type> handle;
};

Running::Root Running::body(Task<void> task) {
  co_await std::move(task);
}

Running::Running(Task<void> task, Callback done) : done_(std::move(done)) {
  const Root root = body(std::move(task));
  root.handle.promise().owner = this;
  handle_ = root.handle;
}

void Running::start() {
  handle_.resume();
}

void Running::cancel() {
  if (handle_) std::exchange(handle_, nullptr).destroy();
}

void Running::onDone() {
  finished_ = true;
  Callback done = std::move(done_);  // on the stack: it may destroy us
  if (done) done();
}

}  // namespace meshka::io
