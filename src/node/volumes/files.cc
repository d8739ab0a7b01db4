#include "node/volumes/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <set>

#include "base/strings.h"

namespace meshka::node::files {
namespace {

constexpr std::string_view kData = "..data";
constexpr size_t kMaxDepth = 64;

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& o) noexcept : fd_(std::exchange(o.fd_, -1)) {}
  Fd& operator=(Fd&& o) noexcept {
    std::swap(fd_, o.fd_);
    return *this;
  }
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

std::unexpected<Error> systemError(std::string_view what, std::string_view path) {
  const int error = errno;
  const Code code = error == ENOENT                     ? Code::kNotFound
                    : error == EACCES || error == EPERM ? Code::kForbidden
                    : error == ELOOP || error == EXDEV  ? Code::kInvalid
                                                        : Code::kInternal;
  return fail(code, cat(what, " ", path, ": ", strerror(error)));
}

std::string parent(const std::string& path) {
  return path.substr(0, path.find_last_of('/'));
}

Result<void> writeAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return systemError("write", path);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Result<void> writePlain(const std::string& path, std::string_view bytes, uint32_t mode) {
  Fd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!fd) return systemError("open", path);
  MESHKA_CHECK(writeAll(fd.get(), bytes, path));
  if (fchmod(fd.get(), mode) != 0) return systemError("chmod", path);  // whatever the umask says
  return {};
}

std::string readLink(const std::string& path) {
  char buffer[4096];
  const ssize_t n = readlink(path.c_str(), buffer, sizeof buffer);
  return n > 0 ? std::string(buffer, static_cast<size_t>(n)) : std::string();
}

std::optional<std::string> readWhole(const std::string& path) {
  Fd fd(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return std::nullopt;
  std::string out;
  char buffer[65536];
  while (true) {
    const ssize_t n = read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::nullopt;
    if (n == 0) return out;
    out.append(buffer, static_cast<size_t>(n));
  }
}

// Regular files below `path`, relative, with content: what a tree looks like now.
void collect(const std::string& path, const std::string& prefix, FileTree& out, size_t depth) {
  DIR* dir = depth < kMaxDepth ? opendir(path.c_str()) : nullptr;
  if (dir == nullptr) return;
  while (const dirent* entry = readdir(dir)) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    const std::string full = cat(path, "/", name),
                      relative = prefix.empty() ? name : cat(prefix, "/", name);
    struct stat st;
    if (lstat(full.c_str(), &st) != 0) continue;
    if (S_ISDIR(st.st_mode))
      collect(full, relative, out, depth + 1);
    else
      out[relative] = {readWhole(full).value_or(""), static_cast<uint32_t>(st.st_mode & 0777)};
  }
  closedir(dir);
}

uint32_t withGroup(uint32_t mode, bool grouped) {
  return grouped ? mode | 0040 : mode;
}

int openBelow(int root, const std::string& path, uint64_t flags) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(syscall(SYS_openat2, root, path.c_str(), &how, sizeof how));
}

Result<void> removeAt(int dir, const char* name, dev_t device, size_t depth) {
  if (unlinkat(dir, name, 0) == 0) return {};
  if (errno != EISDIR && errno != EPERM)
    return errno == ENOENT ? Result<void>() : systemError("unlink", name);
  Fd fd(openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return systemError("open", name);
  struct stat st;
  if (fstat(fd.get(), &st) != 0 || st.st_dev != device || depth > kMaxDepth) {
    return fail(Code::kInternal, cat("remove ", name, ": is still mounted"));
  }
  DIR* stream = fdopendir(dup(fd.get()));
  if (stream == nullptr) return systemError("read", name);
  Result<void> result;
  while (const dirent* entry = readdir(stream)) {
    const std::string_view child = entry->d_name;
    if (child == "." || child == "..") continue;
    if (auto r = removeAt(fd.get(), entry->d_name, device, depth + 1); !r) result = std::move(r);
  }
  closedir(stream);
  if (!result) return result;
  return unlinkat(dir, name, AT_REMOVEDIR) == 0 ? Result<void>() : systemError("rmdir", name);
}

// Mount points below `path`, deepest first.
std::vector<std::string> mountsBelow(const std::string& path) {
  std::vector<std::string> out;
  const std::string info = readWhole("/proc/self/mountinfo").value_or("");
  for (const std::string_view line : split(info, '\n')) {
    const auto fields = split(line, ' ');
    if (fields.size() < 5) continue;
    const std::string_view at = fields[4];
    if (at == path || at.starts_with(path + "/")) out.emplace(out.begin(), at);
  }
  return out;
}

}  // namespace

Result<void> makeDirectories(const std::string& path, uint32_t mode) {
  for (size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    if (mkdir(part.c_str(), mode) != 0 && errno != EEXIST) return systemError("mkdir", part);
    if (slash == std::string::npos) return {};
  }
}

Result<void> makeEmptyDir(const std::string& path, const EmptyDirSpec& spec) {
  MESHKA_CHECK(makeDirectories(path));
  if (spec.memory && mountsBelow(path).empty()) {
    std::string options = "mode=0777";
    if (spec.size_limit > 0) options += cat(",size=", spec.size_limit);
    if (mount("tmpfs", path.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) != 0) {
      return systemError("mount tmpfs at", path);
    }
  }
  // Open to every user of the pod; a group that is set keeps files in the group.
  if (spec.fs_group &&
      chown(path.c_str(), static_cast<uid_t>(-1), static_cast<gid_t>(*spec.fs_group)) != 0) {
    return systemError("chown", path);
  }
  if (chmod(path.c_str(), spec.fs_group ? 02777 : 0777) != 0) return systemError("chmod", path);
  return {};
}

Result<void> writeTree(const std::string& path, const FileTree& wanted,
                       std::optional<int64_t> fs_group) {
  MESHKA_CHECK(makeDirectories(path));
  const std::string data = cat(path, "/", kData), old = readLink(data);
  FileTree tree = wanted;
  for (auto& [name, file] : tree) file.mode = withGroup(file.mode, fs_group.has_value());
  if (!old.empty()) {
    FileTree now;
    collect(cat(path, "/", old), "", now, 0);
    if (now == tree) return {};
  }
  std::string fresh;
  for (int i = 0; fresh.empty(); ++i) {
    fresh = cat("..v", i);
    if (mkdir(cat(path, "/", fresh).c_str(), 0755) == 0) break;
    if (errno != EEXIST) return systemError("mkdir", cat(path, "/", fresh));
    fresh.clear();
  }
  std::set<std::string> tops;
  for (const auto& [name, file] : tree) {
    const std::string full = cat(path, "/", fresh, "/", name);
    MESHKA_CHECK(makeDirectories(parent(full)));
    MESHKA_CHECK(writePlain(full, file.bytes, file.mode));
    if (fs_group &&
        lchown(full.c_str(), static_cast<uid_t>(-1), static_cast<gid_t>(*fs_group)) != 0) {
      return systemError("chown", full);
    }
    tops.insert(name.substr(0, name.find('/')));
  }
  const std::string link = cat(path, "/..data_new");
  unlink(link.c_str());
  if (symlink(fresh.c_str(), link.c_str()) != 0) return systemError("symlink", link);
  if (rename(link.c_str(), data.c_str()) != 0) return systemError("rename", link);
  for (const std::string& top : tops) {
    const std::string visible = cat(path, "/", top);
    if (symlink(cat(kData, "/", top).c_str(), visible.c_str()) != 0 && errno != EEXIST) {
      return systemError("symlink", visible);
    }
  }
  // Names that are no more, and the tree before.
  if (DIR* dir = opendir(path.c_str())) {
    std::vector<std::string> gone;
    while (const dirent* entry = readdir(dir)) {
      const std::string name = entry->d_name;
      if (!name.starts_with("..") && name != "." && !tops.contains(name)) gone.push_back(name);
    }
    closedir(dir);
    for (const std::string& name : gone) unlink(cat(path, "/", name).c_str());
  }
  if (!old.empty()) return removeTree(cat(path, "/", old));
  return {};
}

Result<void> checkHostPath(const std::string& path, const std::string& type) {
  if (type.empty()) return {};
  if (type == "DirectoryOrCreate") MESHKA_CHECK(makeDirectories(path));
  if (type == "FileOrCreate" && access(path.c_str(), F_OK) != 0)
    MESHKA_CHECK(writePlain(path, "", 0644));
  struct stat st;
  if (stat(path.c_str(), &st) != 0)
    return fail(Code::kNotFound, cat("hostPath type check failed: ", path, " does not exist"));
  const bool ok = type.starts_with("Directory") ? S_ISDIR(st.st_mode)
                  : type.starts_with("File")    ? S_ISREG(st.st_mode)
                  : type == "Socket"            ? S_ISSOCK(st.st_mode)
                  : type == "CharDevice"        ? S_ISCHR(st.st_mode)
                  : type == "BlockDevice"       ? S_ISBLK(st.st_mode)
                                                : false;
  if (ok) return {};
  return fail(Code::kInvalid,
              cat("hostPath type check failed: ", path, " is not a ", toLower(type)));
}

// The kernel resolves the path below the volume's own descriptor, so that a link that a container
// plants, now or between check and use, cannot lead outside; what is bound is the descriptor that
// was checked.
Result<void> bindSubPath(const std::string& volume, const std::string& sub_path,
                         const std::string& target, bool read_only) {
  if (sub_path.starts_with('/'))
    return fail(Code::kInvalid, cat("subPath ", sub_path, " must not be an absolute path"));
  for (const std::string_view part : split(sub_path, '/')) {
    if (part == "..")
      return fail(Code::kInvalid, cat("subPath ", sub_path, " must not contain backsteps"));
  }
  Fd root(open(volume.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return systemError("open", volume);
  Fd found(openBelow(root.get(), sub_path, O_PATH));
  if (!found && errno == ENOENT && !read_only) {
    std::string so_far;
    Fd at(openBelow(root.get(), ".", O_PATH | O_DIRECTORY));
    for (const std::string_view part : split(sub_path, '/')) {
      if (part.empty() || part == ".") continue;
      so_far += cat(so_far.empty() ? "" : "/", part);
      if (mkdirat(at.get(), std::string(part).c_str(), 0750) == 0) {
        Fd made(openat(at.get(), std::string(part).c_str(),
                       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (made) fchmod(made.get(), 0777);
      } else if (errno != EEXIST) {
        return systemError("mkdir", so_far);
      }
      at = Fd(openBelow(root.get(), so_far, O_PATH | O_DIRECTORY));
      if (!at) return systemError("open", cat(volume, "/", so_far));
    }
    found = Fd(openBelow(root.get(), sub_path, O_PATH));
  }
  if (!found) return systemError("subPath", cat(volume, "/", sub_path));
  struct stat st;
  if (fstat(found.get(), &st) != 0) return systemError("stat", sub_path);
  for (const std::string& at : mountsBelow(target))
    umount2(at.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
  if (S_ISDIR(st.st_mode)) {
    MESHKA_CHECK(makeDirectories(target));
  } else {
    MESHKA_CHECK(makeDirectories(parent(target)));
    MESHKA_CHECK(writePlain(target, "", 0600));
  }
  const std::string source = cat("/proc/self/fd/", found.get());
  if (mount(source.c_str(), target.c_str(), nullptr, MS_BIND, nullptr) != 0)
    return systemError("bind", target);
  return {};
}

Result<void> writeFile(const std::string& path, const std::string& bytes, uint32_t mode) {
  MESHKA_CHECK(makeDirectories(parent(path)));
  return writePlain(path, bytes, mode);
}

std::string readTail(const std::string& path, size_t max_bytes) {
  Fd fd(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  struct stat st;
  if (!fd || fstat(fd.get(), &st) != 0 || !S_ISREG(st.st_mode)) return {};
  const off_t start =
      st.st_size > static_cast<off_t>(max_bytes) ? st.st_size - static_cast<off_t>(max_bytes) : 0;
  std::string out(max_bytes, '\0');
  const ssize_t n = pread(fd.get(), out.data(), out.size(), start);
  out.resize(n > 0 ? static_cast<size_t>(n) : 0);
  return out;
}

Result<void> removeTree(const std::string& path) {
  for (const std::string& at : mountsBelow(path)) {
    if (umount2(at.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0 && errno != EINVAL)
      return systemError("unmount", at);
  }
  struct stat st;
  if (lstat(path.c_str(), &st) != 0)
    return errno == ENOENT ? Result<void>() : systemError("stat", path);
  return removeAt(AT_FDCWD, path.c_str(), st.st_dev, 0);
}

Result<void> removeCgroup(const std::string& mount_point, const std::string& cgroup) {
  std::vector<std::string> roots{mount_point};
  if (DIR* dir = opendir(mount_point.c_str())) {
    while (const dirent* entry = readdir(dir)) {
      if (entry->d_name[0] != '.' && entry->d_type == DT_DIR)
        roots.push_back(cat(mount_point, "/", entry->d_name));
    }
    closedir(dir);
  }
  for (const std::string& root : roots) {
    const std::string path = root + cgroup;
    // What the runtime left inside is empty too.
    if (DIR* dir = opendir(path.c_str())) {
      while (const dirent* entry = readdir(dir)) {
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
          rmdir(cat(path, "/", entry->d_name).c_str());
      }
      closedir(dir);
      if (rmdir(path.c_str()) != 0 && errno != ENOENT) return systemError("rmdir", path);
    }
  }
  return {};
}

}  // namespace meshka::node::files
