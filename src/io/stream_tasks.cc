#include "io/stream_tasks.h"

#include "base/strings.h"

namespace meshka::io {

// Waits for one readiness call of one direction. Gives false when the deadline passed first.
struct StreamIo::Waiter final : TimerTarget {
  Waiter(Loop& l, Waiter*& s, Instant d) : loop(l), slot(s), deadline(d) {}
  ~Waiter() override { leave(); }
  bool await_ready() noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) {
    MESHKA_ASSERT(slot == nullptr);  // one reader and one writer at a time
    waiting = h;
    slot = this;
    if (deadline != kNever) loop.arm(*this, deadline);
  }
  bool await_resume() noexcept { return ready; }
  void leave() {
    if (slot == this) slot = nullptr;
    if (deadline != kNever) loop.arm(*this, kNever);
  }
  void wake(bool is_ready) {
    ready = is_ready;
    leave();
    waiting.resume();
  }
  void onTimer() override { wake(false); }

  Loop& loop;
  Waiter*& slot;
  Instant deadline;
  std::coroutine_handle<> waiting;
  bool ready = false;
};

StreamIo::StreamIo(Loop& loop, Stream& stream) : loop_(loop), stream_(stream) {
  stream_.setEvents(this);
}
StreamIo::~StreamIo() {
  stream_.setEvents(nullptr);
}

void StreamIo::onReadable() {
  if (reader_ != nullptr) reader_->wake(true);
}
void StreamIo::onWritable() {
  if (writer_ != nullptr) writer_->wake(true);
}

Task<Result<size_t>> StreamIo::readSome(std::span<char> into, Instant deadline) {
  for (;;) {
    const IoResult got = stream_.tryRead(into);
    if (got.state == IoState::kDone) co_return got.bytes;
    if (got.state == IoState::kEof) co_return 0;
    if (got.state == IoState::kError) {
      co_return fail(Code::kUnavailable,
                     cat("read from ", stream_.peer().toString(), ": ", stream_.lastError()));
    }
    if (!co_await Waiter(loop_, reader_, deadline)) {
      co_return fail(Code::kTimeout,
                     cat("read from ", stream_.peer().toString(), ": deadline exceeded"));
    }
  }
}

Task<Result<void>> StreamIo::readExactly(std::span<char> into, Instant deadline) {
  while (!into.empty()) {
    MESHKA_CO_TRY(const size_t n, co_await readSome(into, deadline));
    if (n == 0) {
      co_return fail(Code::kUnavailable, cat("read from ", stream_.peer().toString(),
                                             ": stream ended, ", into.size(), " bytes missing"));
    }
    into = into.subspan(n);
  }
  co_return Result<void>();
}

Task<Result<void>> StreamIo::writeAll(std::string_view bytes, Instant deadline) {
  while (!bytes.empty()) {
    const IoResult done = stream_.tryWrite(bytes);
    if (done.state == IoState::kDone) {
      bytes.remove_prefix(done.bytes);
      continue;
    }
    if (done.state != IoState::kWouldBlock) {
      co_return fail(Code::kUnavailable,
                     cat("write to ", stream_.peer().toString(), ": ", stream_.lastError()));
    }
    if (!co_await Waiter(loop_, writer_, deadline)) {
      co_return fail(Code::kTimeout,
                     cat("write to ", stream_.peer().toString(), ": deadline exceeded"));
    }
  }
  co_return Result<void>();
}

Task<Result<size_t>> readSome(Loop& loop, Stream& stream, std::span<char> into, Instant deadline) {
  StreamIo io(loop, stream);
  co_return co_await io.readSome(into, deadline);
}
Task<Result<void>> readExactly(Loop& loop, Stream& stream, std::span<char> into, Instant deadline) {
  StreamIo io(loop, stream);
  co_return co_await io.readExactly(into, deadline);
}
Task<Result<void>> writeAll(Loop& loop, Stream& stream, std::string_view bytes, Instant deadline) {
  StreamIo io(loop, stream);
  co_return co_await io.writeAll(bytes, deadline);
}
Task<Result<std::string>> readToEnd(Loop& loop, Stream& stream, size_t max_bytes,
                                    Instant deadline) {
  StreamIo io(loop, stream);
  std::string all;
  char block[16 * 1024];
  for (;;) {
    MESHKA_CO_TRY(const size_t n, co_await io.readSome(block, deadline));
    if (n == 0) co_return std::move(all);
    if (all.size() + n > max_bytes) {
      co_return fail(Code::kTooLarge,
                     cat("more than ", max_bytes, " bytes from ", stream.peer().toString()));
    }
    all.append(block, n);
  }
}

}  // namespace meshka::io
