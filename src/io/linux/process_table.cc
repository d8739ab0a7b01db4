#include "io/linux/process_table.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "base/strings.h"

namespace meshka::io {
namespace {

Result<std::string> findProgram(const std::string& program) {
  if (program.find('/') != program.npos) return program;
  const char* path = ::getenv("PATH");
  for (const std::string_view folder :
       split(path == nullptr ? "/usr/bin:/bin:/usr/sbin:/sbin" : path, ':')) {
    const std::string candidate = cat(folder.empty() ? "." : folder, "/", program);
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return fail(Code::kNotFound, cat("program \"", program, "\" is not in PATH"));
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

struct Prepared {
  const char* program;
  char* const* argv;
  char* const* envp;
  const char* cwd;  // null: keep
  int fds[3];
  pid_t parent;
};

// In the child, which shares the parent's memory until exec: system calls only.
[[noreturn]] void becomeProgram(const Prepared& p, volatile int& error) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != p.parent) ::_exit(127);
  for (int i = 0; i < 3; ++i) {
    const int from = p.fds[i];
    if (from < 0) continue;
    if (from == i)
      ::fcntl(from, F_SETFD, 0);
    else
      ::dup2(from, i);
  }
  if (p.cwd != nullptr && ::chdir(p.cwd) != 0) {
    error = errno;
    ::_exit(127);
  }
  struct sigaction standard{};
  standard.sa_handler = SIG_DFL;
  for (int n = 1; n < 65; ++n) ::sigaction(n, &standard, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(p.program, p.argv, p.envp);
  error = errno;
  ::_exit(127);
}

// Gives the pid, or -errno of what failed before the program ran.
__attribute__((noinline)) int vforkAndExec(const Prepared& p) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  volatile int error = 0;
  const pid_t pid = ::vfork();
  if (pid == 0) becomeProgram(p, error);
  const int vfork_error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return -vfork_error;
  if (error == 0) return pid;
  ::waitpid(pid, nullptr, 0);
  return -error;
}

int exitCode(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

Duration cpuOf(const rusage& usage) {
  const auto ns = [](const timeval& t) {
    return int64_t{t.tv_sec} * 1'000'000'000 + int64_t{t.tv_usec} * 1'000;
  };
  return Duration{ns(usage.ru_utime) + ns(usage.ru_stime)};
}

}  // namespace

struct ProcessTable::Entry final : FdHandler {
  Entry(ProcessTable& t, int p, ExitListener* l) : table(t), pid(p), listener(l) {}
  ~Entry() override {
    if (pidfd) table.loop_.unwatch(pidfd.get(), *this);
  }
  void onFd(uint32_t) override { table.onReadable(pid); }

  ProcessTable& table;
  int pid;
  ExitListener* listener;
  Fd pidfd;
};

ProcessTable::ProcessTable(LinuxLoop& loop) : loop_(loop) {}

ProcessTable::~ProcessTable() {
  for (const auto& [pid, entry] : entries_) ::kill(-pid, SIGKILL);
  for (const auto& [pid, entry] : entries_) ::waitpid(pid, nullptr, 0);
  if (reaping_) loop_.onSignal(SIGCHLD, {});
}

Result<int> ProcessTable::start(const StartSpec& spec, ExitListener& listener) {
  MESHKA_TRY(const std::string program, findProgram(spec.program));
  std::vector<std::string> argv = spec.args;
  argv.insert(argv.begin(), spec.program);
  const std::vector<char*> argv_pointers = pointers(argv);
  const std::vector<char*> env_pointers = pointers(spec.env);
  const Prepared prepared{.program = program.c_str(),
                          .argv = argv_pointers.data(),
                          .envp = spec.env.empty() ? ::environ : env_pointers.data(),
                          .cwd = spec.cwd.empty() ? nullptr : spec.cwd.c_str(),
                          .fds = {spec.in, spec.out, spec.err},
                          .parent = ::getpid()};
  const int pid = vforkAndExec(prepared);
  if (pid < 0) return fail(errnoError(-pid, cat("start ", program)));
  auto entry = std::make_unique<Entry>(*this, pid, &listener);
  entry->pidfd = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!entry->pidfd || !loop_.watch(entry->pidfd.get(), EPOLLIN, *entry)) {
    const int error = errno;
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return fail(errnoError(error, cat("watch ", program)));
  }
  entries_[pid] = std::move(entry);
  return pid;
}

void ProcessTable::signal(int pid, int signal_number) {
  // An entry is there until its zombie is reaped, so the number cannot belong to another process
  // yet.
  if (entries_.contains(pid)) ::kill(pid, signal_number);
}

void ProcessTable::abandon(int pid) {
  const auto found = entries_.find(pid);
  if (found == entries_.end()) return;
  found->second->listener = nullptr;
  ::kill(-pid, SIGKILL);
}

void ProcessTable::onReadable(int pid) {
  const auto found = entries_.find(pid);
  if (found == entries_.end()) return;
  int status = 0;
  rusage usage{};
  if (::wait4(pid, &status, WNOHANG, &usage) != pid) return;
  std::unique_ptr<Entry> entry = std::move(found->second);
  entries_.erase(found);
  deliver(std::move(entry), status, cpuOf(usage));
}

void ProcessTable::deliver(std::unique_ptr<Entry> entry, int status, Duration cpu) {
  ExitListener* listener = entry->listener;
  entry.reset();
  if (listener != nullptr) listener->onExit(exitCode(status), cpu);
}

void ProcessTable::reapOrphans() {
  reaping_ = true;
  loop_.onSignal(SIGCHLD, [this] { sweep(); });
  sweep();
}

// Looks at each zombie before it takes it, so that those of our own children reach their listeners.
void ProcessTable::sweep() {
  for (;;) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
    if (entries_.contains(info.si_pid))
      onReadable(info.si_pid);
    else
      ::waitpid(info.si_pid, nullptr, WNOHANG);
  }
}

}  // namespace meshka::io
