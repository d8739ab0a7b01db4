#include "cli/host/system.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "base/strings.h"
#include "io/linux/fd.h"
#include "io/linux/files.h"

namespace meshka::cli::host {
namespace {

using io::errnoError;

// In the forked child, single-threaded: becomes the program. Does not return.
[[noreturn]] void becomeProgram(const std::string& program, const std::vector<std::string>& args,
                                int log_fd, int network_fd) {
  const int null_fd = open("/dev/null", O_RDONLY);
  dup2(null_fd, 0);
  dup2(log_fd, 1);
  dup2(log_fd, 2);
  dup2(network_fd, kRootNetworkFd);
  (void)syscall(SYS_close_range, kRootNetworkFd + 1, ~0U, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  std::vector<char*> argv;
  for (const std::string& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  execv(program.c_str(), argv.data());
  dprintf(2, "cannot start %s: %s\n", program.c_str(), strerror(errno));
  _exit(127);
}

// In the middle process: new namespaces, then the node's first process. Exit code: 0, or errno.
[[noreturn]] void middle(const std::string& program, const std::vector<std::string>& args,
                         int log_fd, int network_fd) {
  setsid();
  if (unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET) < 0) _exit(errno);
  const pid_t first = fork();
  if (first < 0) _exit(errno);
  if (first == 0) becomeProgram(program, args, log_fd, network_fd);
  _exit(0);
}

Result<void> mounted(const char* source, const std::string& target, const char* type,
                     unsigned long flags, const char* data = nullptr) {
  if (mount(source, target.c_str(), type, flags, data) < 0)
    return fail(errnoError(errno, cat("mount ", target)));
  return {};
}

Result<std::string> readSmall(const std::string& path) {
  const io::Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail(errnoError(errno, path));
  std::string out;
  char buffer[4096];
  for (ssize_t n = 0; (n = read(fd.get(), buffer, sizeof buffer)) > 0;)
    out.append(buffer, static_cast<size_t>(n));
  return out;
}

struct Hierarchy {
  std::string mount_point;
  std::string options;  // "cpu,cpuacct" or "none,name=systemd"; empty: v2
};

// From mountinfo: what is mounted as v1 hierarchies, grouped as the machine groups them, and
// whether v2 is there.
Result<std::vector<Hierarchy>> hierarchies() {
  MESHKA_TRY(const std::string text, readSmall("/proc/self/mountinfo"));
  std::vector<Hierarchy> v1, v2;
  for (const std::string_view line : split(text, '\n')) {
    const size_t dash = line.find(" - ");
    const auto fields = split(line, ' ');
    if (dash == line.npos || fields.size() < 5) continue;
    const auto rest = split(line.substr(dash + 3), ' ');
    if (rest.size() < 3) continue;
    Hierarchy h{.mount_point = std::string(fields[4])};
    if (rest[0] == "cgroup2") v2.push_back(std::move(h));
    if (rest[0] != "cgroup") continue;
    std::vector<std::string> options;
    for (const std::string_view option : split(rest[2], ',')) {
      if (option == "rw" || option == "ro" || option == "xattr" ||
          option.starts_with("release_agent="))
        continue;
      if (option.starts_with("name=")) options.emplace_back("none");
      options.emplace_back(option);
    }
    h.options = join(options, ",");
    v1.push_back(std::move(h));
  }
  return v1.empty() ? v2 : v1;
}

Result<void> showOneKindOfCgroups(const std::vector<Hierarchy>& all) {
  if (all.size() == 1 && all[0].options.empty())
    return mounted("cgroup2", "/sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC);
  MESHKA_CHECK(
      mounted("cgroup", "/sys/fs/cgroup", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755"));
  for (const Hierarchy& h : all) {
    if (mkdir(h.mount_point.c_str(), 0755) < 0 && errno != EEXIST)
      return fail(errnoError(errno, h.mount_point));
    MESHKA_CHECK(mounted("cgroup", h.mount_point, "cgroup", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                         h.options.c_str()));
  }
  return {};
}

constexpr const char* kMountPoints[] = {"/run/containerd", "/var/lib/cni"};
constexpr std::string_view kMadeByUs = "/.made-by-meshka";

volatile sig_atomic_t g_interrupted = 0;  // a signal handler can reach nothing else
void onInterrupt(int) {
  g_interrupted = 1;
}

// Deepest first.
void directoriesBelow(const std::string& path, std::vector<std::string>& out);

}  // namespace

Result<void> startInNamespaces(const std::string& program, const std::vector<std::string>& args,
                               const std::string& log_path) {
  const io::Fd log(open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!log) return fail(errnoError(errno, log_path));
  const io::Fd network(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!network) return fail(errnoError(errno, "/proc/self/ns/net"));
  const pid_t child = fork();
  if (child < 0) return fail(errnoError(errno, "fork"));
  if (child == 0) middle(program, args, log.get(), network.get());
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return fail(errnoError(WIFEXITED(status) ? WEXITSTATUS(status) : EINTR, "new namespaces"));
  return {};
}

Result<void> inNetwork(int fd, Callback body) {
  const io::Fd own(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!own) return fail(errnoError(errno, "/proc/thread-self/ns/net"));
  if (setns(fd, CLONE_NEWNET) < 0)
    return fail(errnoError(errno, "enter the root network namespace"));
  body();
  // Going on in the wrong namespace would change the user's machine.
  MESHKA_ASSERT(setns(own.get(), CLONE_NEWNET) == 0);
  return {};
}

void keepFromChildren(int fd) {
  (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

Result<void> setSysctl(const std::string& name, std::string_view value) {
  const std::string path = "/proc/sys/" + name;
  const io::Fd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd || write(fd.get(), value.data(), value.size()) < 0) return fail(errnoError(errno, path));
  return {};
}

std::unique_ptr<RangesLock> RangesLock::take(int root_network_fd) {
  int fd = -1;
  const auto entered =
      inNetwork(root_network_fd, [&] { fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); });
  if (!entered || fd < 0) return nullptr;
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  constexpr std::string_view kName = "meshka-ranges";  // behind a zero byte: a name without a file
  memcpy(name.sun_path + 1, kName.data(), kName.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + kName.size());
  if (bind(fd, reinterpret_cast<const sockaddr*>(&name), length) == 0)
    return std::unique_ptr<RangesLock>(new RangesLock(fd));
  close(fd);
  return nullptr;
}
RangesLock::~RangesLock() {
  close(fd_);
}

Result<void> makeNodeMounts(const NodeMounts& mounts) {
  MESHKA_CHECK(mounted(nullptr, "/", nullptr, MS_REC | MS_SLAVE));
  MESHKA_CHECK(mounted("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC));
  MESHKA_TRY(const auto all, hierarchies());
  if (all.empty()) return fail(Code::kUnavailable, "no cgroups are mounted");
  // The old trees must go from mountinfo, where the runtimes look.
  if (umount2("/sys/fs/cgroup", MNT_DETACH) < 0 && errno != EINVAL)
    return fail(errnoError(errno, "umount /sys/fs/cgroup"));
  while (umount2("/sys", MNT_DETACH) == 0) {
  }
  MESHKA_CHECK(mounted("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC));
  MESHKA_CHECK(showOneKindOfCgroups(all));
  // Paths that containerd and its plug-ins have compiled in.
  for (const char* const fixed : kMountPoints) {
    const std::string own = cat(mounts.run_directory, "/mounts", fixed);
    MESHKA_CHECK(io::makeDirectoriesNow(own, 0711));
    if (mkdir(fixed, 0711) == 0) {
      const io::Fd mark(open(cat(fixed, kMadeByUs).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    } else if (errno != EEXIST) {
      return fail(errnoError(errno, fixed));
    }
    MESHKA_CHECK(mounted(own.c_str(), fixed, nullptr, MS_BIND));
  }
  return {};
}

void removeMountPoints() {
  for (const char* const fixed : kMountPoints)
    if (unlink(cat(fixed, kMadeByUs).c_str()) == 0) (void)rmdir(fixed);
}

Result<std::vector<std::string>> cgroupHierarchies() {
  MESHKA_TRY(const auto all, hierarchies());
  std::vector<std::string> out;
  for (const Hierarchy& h : all) out.push_back(h.mount_point);
  return out;
}

bool cgroupIsV2() {
  const auto all = hierarchies();
  return all && all->size() == 1 && (*all)[0].options.empty();
}

Result<void> enterCgroup(const std::string& group) {
  MESHKA_TRY(const auto all, hierarchies());
  for (const Hierarchy& h : all) {
    const std::string top = h.mount_point + group;
    for (const std::string& path : {top, top + "/host", top + "/pods"})
      if (mkdir(path.c_str(), 0755) < 0 && errno != EEXIST) return fail(errnoError(errno, path));
    const bool counts = h.options.empty() || h.options.find("cpuacct") != h.options.npos;
    if (!counts) continue;
    const std::string procs = top + "/host/cgroup.procs";
    const io::Fd fd(open(procs.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd || write(fd.get(), "0", 1) != 1) return fail(errnoError(errno, procs));
  }
  return {};
}

namespace {
void directoriesBelow(const std::string& path, std::vector<std::string>& out) {
  constexpr size_t kMaxDirectories = 100'000;
  std::vector<std::string> queue = {path};
  for (size_t i = 0; i < queue.size() && queue.size() < kMaxDirectories; ++i) {
    const io::Fd fd(open(queue[i].c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) continue;
    char buffer[8192];
    for (;;) {
      const long n = syscall(SYS_getdents64, fd.get(), buffer, sizeof buffer);
      if (n <= 0) break;
      for (long at = 0; at < n;) {
        uint16_t length = 0;
        memcpy(&length, buffer + at + 16, sizeof length);
        const unsigned char type = static_cast<unsigned char>(buffer[at + 18]);
        const std::string name = buffer + at + 19;
        constexpr unsigned char kDirectory = 4;
        if (type == kDirectory && name != "." && name != "..")
          queue.push_back(cat(queue[i], "/", name));
        at += length;
      }
    }
    out.push_back(queue[i]);
  }
}
}  // namespace

std::vector<int64_t> cgroupProcesses(const std::string& group) {
  std::vector<int64_t> out;
  const auto all = hierarchies();
  if (!all) return out;
  for (const Hierarchy& h : *all) {
    std::vector<std::string> folders;
    directoriesBelow(h.mount_point + group, folders);
    for (const std::string& folder : folders) {
      const auto text = readSmall(folder + "/cgroup.procs");
      if (!text) continue;
      for (const std::string_view line : split(*text, '\n'))
        if (const auto pid = parseInt(line); pid && *pid > 0) out.push_back(*pid);
    }
  }
  return out;
}

Result<void> removeCgroup(const std::string& group) {
  MESHKA_TRY(const auto all, hierarchies());
  std::string in_use;
  for (const Hierarchy& h : all) {
    std::vector<std::string> folders;
    directoriesBelow(h.mount_point + group, folders);
    for (size_t i = folders.size(); i-- > 0;)
      if (rmdir(folders[i].c_str()) < 0 && errno != ENOENT)
        in_use = cat(folders[i], ": ", io::errnoText(errno));
  }
  if (!in_use.empty()) return fail(Code::kConflict, cat("cgroup ", in_use));
  return {};
}

void catchInterrupts() {
  struct sigaction action{};
  action.sa_handler = onInterrupt;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) (void)sigaction(number, &action, nullptr);
}
bool interrupted() {
  return g_interrupted != 0;
}

bool isRoot() {
  return geteuid() == 0;
}

bool hasCapability(int number) {
  const auto status = readSmall("/proc/self/status");
  if (!status) return false;
  const size_t at = status->find("CapEff:");
  if (at == std::string::npos) return false;
  const uint64_t set = strtoull(status->c_str() + at + 7, nullptr, 16);
  return (set >> number & 1) != 0;
}

uint64_t freeBytes(std::string path) {
  struct statvfs info{};
  while (statvfs(path.c_str(), &info) < 0) {
    const size_t slash = path.rfind('/');
    if (slash == path.npos || slash == 0) return 0;
    path.resize(slash);
  }
  return static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
}

bool executable(const std::string& path) {
  return access(path.c_str(), X_OK) == 0;
}

std::string findProgram(const std::string& name, const std::vector<std::string>& folders) {
  if (name.starts_with('/')) return executable(name) ? name : std::string();
  for (const std::string& folder : folders)
    if (const std::string path = cat(folder, "/", name); executable(path)) return path;
  return {};
}

std::string environment(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

void killProcess(int64_t pid) {
  if (pid > 1) (void)kill(static_cast<pid_t>(pid), SIGKILL);
}
int64_t ownPid() {
  return getpid();
}
int64_t cpuCount() {
  return sysconf(_SC_NPROCESSORS_ONLN);
}
int64_t memoryBytes() {
  struct sysinfo info{};
  return sysinfo(&info) == 0 ? static_cast<int64_t>(info.totalram) * info.mem_unit : 0;
}
std::string kernelRelease() {
  utsname name{};
  return uname(&name) == 0 ? std::string(name.release) : std::string();
}

}  // namespace meshka::cli::host
