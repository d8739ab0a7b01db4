#include "io/linux/runtime.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/strings.h"
#include "io/async.h"
#include "io/linux/files.h"

namespace meshka::io {
namespace {

// Collects one output of a child; what is over the limit is read and dropped, so that the child
// does not block.
class OutputPipe final : private FdHandler {
 public:
  OutputPipe(LinuxLoop& loop, uint64_t limit) : loop_(loop), limit_(limit) {}
  ~OutputPipe() override { close(); }

  // Gives the end for the child.
  Result<Fd> open() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return fail(errnoError(errno, "pipe"));
    read_ = Fd(ends[0]);
    Fd write(ends[1]);
    ::fcntl(read_.get(), F_SETFL, O_NONBLOCK);
    MESHKA_CHECK(loop_.watch(read_.get(), EPOLLIN, *this));
    return write;
  }

  void drain() {
    char block[16 * 1024];
    while (read_) {
      const ssize_t n = ::read(read_.get(), block, sizeof block);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return;
      if (n <= 0) return close();
      const size_t room = limit_ - bytes.size();
      const auto got = static_cast<size_t>(n);
      bytes.append(block, got < room ? got : room);
      truncated |= got > room;
    }
  }

  std::string bytes;
  bool truncated = false;

 private:
  void onFd(uint32_t) override { drain(); }
  void close() {
    if (read_) loop_.unwatch(read_.get(), *this);
    read_.reset();
  }
  LinuxLoop& loop_;
  uint64_t limit_;
  Fd read_;
};

// The child's standard input: a file in memory needs no writing along and can be opened again as
// /dev/stdin.
Result<Fd> inputFor(std::string_view bytes) {
  if (bytes.empty()) {
    Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!null) return fail(errnoError(errno, "open /dev/null"));
    return null;
  }
  Fd memory(::memfd_create("stdin", MFD_CLOEXEC));
  if (!memory) return fail(errnoError(errno, "memfd_create"));
  MESHKA_CHECK(writeAt(memory.get(), bytes, 0));
  return memory;
}

struct ExitEvent final : ExitListener {
  ExitEvent(Loop& loop, ProcessTable& t) : table(t), exited(loop) {}
  ~ExitEvent() override {
    if (pid > 0 && !exited.isSet()) table.abandon(pid);
  }
  void onExit(int exit_code, Duration used) override {
    code = exit_code;
    cpu = used;
    exited.set();
  }
  ProcessTable& table;
  Event exited;
  int pid = 0;
  int code = 0;
  Duration cpu;
};

class LinuxChild final : public Child {
 public:
  LinuxChild(Loop& loop, ProcessTable& table) : state_(loop, table) {}
  int pid() const override { return state_.pid; }
  void kill(int signal) override { state_.table.signal(state_.pid, signal); }
  Task<int> wait() override {
    co_await state_.exited.wait();
    co_return state_.code;
  }
  ExitEvent state_;
};

}  // namespace

Task<Result<ProcessResult>> LinuxRuntime::run(ProcessSpec spec, Instant deadline) {
  OutputPipe out(loop_, spec.max_output_bytes);
  OutputPipe err(loop_, spec.max_output_bytes);
  ExitEvent child(loop_, table_);
  {
    // The parent's copies of the child's ends close here: the pipes then end when the child's do.
    MESHKA_CO_TRY(const Fd in, inputFor(spec.stdin_bytes));
    MESHKA_CO_TRY(const Fd out_end, out.open());
    MESHKA_CO_TRY(const Fd err_end, err.open());
    MESHKA_CO_TRY(child.pid, table_.start({.program = spec.program,
                                           .args = spec.args,
                                           .env = spec.env,
                                           .cwd = spec.cwd,
                                           .in = in.get(),
                                           .out = out_end.get(),
                                           .err = err_end.get()},
                                          child));
  }
  if (!co_await child.exited.wait(deadline)) {
    co_return fail(Code::kTimeout, cat(spec.program, ": deadline exceeded, killed"));
  }
  // Not until the end: a grandchild may keep the pipe open for ever.
  out.drain();
  err.drain();
  co_return ProcessResult{.exit_code = child.code,
                          .out = std::move(out.bytes),
                          .err = std::move(err.bytes),
                          .truncated = out.truncated || err.truncated,
                          .cpu = child.cpu};
}

Result<std::unique_ptr<Child>> LinuxRuntime::spawn(SpawnSpec spec) {
  MESHKA_TRY(const Fd in, inputFor({}));
  Fd log;
  if (!spec.log_path.empty()) {
    log = Fd(::open(spec.log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (!log) return fail(errnoError(errno, cat("open log ", spec.log_path)));
  }
  auto child = std::make_unique<LinuxChild>(loop_, table_);
  MESHKA_TRY(child->state_.pid, table_.start({.program = spec.program,
                                              .args = spec.args,
                                              .env = spec.env,
                                              .in = in.get(),
                                              .out = log.get(),
                                              .err = log.get()},
                                             child->state_));
  return child;
}

}  // namespace meshka::io
