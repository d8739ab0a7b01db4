#include "io/linux/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/strings.h"
#include "io/linux/limits.h"

namespace meshka::io {
namespace {

std::string parentOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == path.npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// A rename or creation is durable when the directory is.
Result<void> syncDirectory(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail(errnoError(errno, cat("open ", path)));
  if (::fsync(fd.get()) != 0) return fail(errnoError(errno, cat("sync ", path)));
  return {};
}

struct DirCloser {
  void operator()(DIR* d) const { ::closedir(d); }
};
using Directory = std::unique_ptr<DIR, DirCloser>;

// Takes over `fd`.
Result<std::vector<std::string>> namesIn(Fd fd, const std::string& path) {
  Directory dir(::fdopendir(fd.get()));
  if (!dir) return fail(errnoError(errno, cat("list ", path)));
  (void)fd.release();
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(dir.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return fail(errnoError(errno, cat("list ", path)));
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> removeEntry(int parent, const std::string& name, const std::string& path, dev_t device,
                         int depth) {
  if (::unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM) return fail(errnoError(errno, cat("remove ", path)));
  if (depth > kMaxRemoveDepth) return fail(Code::kTooLarge, cat("remove ", path, ": too deep"));
  Fd dir(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!dir) return fail(errnoError(errno, cat("remove ", path)));
  struct stat info;
  if (::fstat(dir.get(), &info) != 0) return fail(errnoError(errno, cat("remove ", path)));
  if (info.st_dev != device) {
    return fail(Code::kForbidden, cat("remove ", path, ": something is mounted there"));
  }
  Fd listing(::openat(dir.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!listing) return fail(errnoError(errno, cat("list ", path)));
  MESHKA_TRY(const auto names, namesIn(std::move(listing), path));
  for (const std::string& child : names) {
    MESHKA_CHECK(removeEntry(dir.get(), child, cat(path, "/", child), device, depth + 1));
  }
  if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
    return fail(errnoError(errno, cat("remove ", path)));
  }
  return {};
}

}  // namespace

Result<std::string> readWholeFile(const std::string& path, uint64_t max_bytes) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return fail(errnoError(errno, cat("open ", path)));
  struct stat info;
  if (::fstat(fd.get(), &info) != 0) return fail(errnoError(errno, cat("open ", path)));
  std::string out;
  if (S_ISREG(info.st_mode) && info.st_size > 0) {
    if (static_cast<uint64_t>(info.st_size) > max_bytes) {
      return fail(Code::kTooLarge, cat("read ", path, ": more than ", max_bytes, " bytes"));
    }
    out.reserve(static_cast<size_t>(info.st_size) + 1);
  }
  // Until the end and not for st_size: files of /proc say 0, pipes nothing.
  size_t filled = 0;
  for (;;) {
    out.resize(std::max<size_t>(out.capacity(), filled + 4096));
    const ssize_t n = ::read(fd.get(), out.data() + filled, out.size() - filled);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(errnoError(errno, cat("read ", path)));
    filled += static_cast<size_t>(n);
    if (filled > max_bytes) {
      return fail(Code::kTooLarge, cat("read ", path, ": more than ", max_bytes, " bytes"));
    }
    if (n == 0) break;
  }
  out.resize(filled);
  return out;
}

Result<void> writeAt(int fd, std::string_view bytes, uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(errnoError(errno, "write"));
    bytes.remove_prefix(static_cast<size_t>(n));
    offset += static_cast<uint64_t>(n);
  }
  return {};
}

Result<void> replaceFile(const std::string& path, std::string_view bytes, uint32_t mode) {
  const std::string directory = parentOf(path);
  const size_t slash = path.rfind('/');
  std::string temporary =
      cat(directory, "/.", path.substr(slash == path.npos ? 0 : slash + 1), ".XXXXXX");
  const Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) return fail(errnoError(errno, cat("write ", path)));
  const auto failed = [&](int error) {
    ::unlink(temporary.c_str());
    return fail(errnoError(error, cat("write ", path)));
  };
  if (::fchmod(fd.get(), mode) != 0) return failed(errno);
  if (const Result<void> written = writeAt(fd.get(), bytes, 0); !written) {
    ::unlink(temporary.c_str());
    return fail(written.error().with(path));
  }
  if (::fsync(fd.get()) != 0) return failed(errno);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return failed(errno);
  return syncDirectory(directory);
}

Result<void> makeDirectoriesNow(const std::string& path, uint32_t mode) {
  for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), mode) != 0 && errno != EEXIST) {
      // A parent that may not be written may still be there.
      struct stat info;
      const int error = errno;
      if (::stat(part.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
        return fail(errnoError(error, cat("make directory ", part)));
      }
    }
    if (end == path.npos) break;
  }
  struct stat info;
  if (::stat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
    return fail(errnoError(ENOTDIR, cat("make directory ", path)));
  }
  return {};
}

Result<void> removeNow(const std::string& path, bool recursive) {
  if (!recursive) {
    if (::remove(path.c_str()) == 0 || errno == ENOENT) return {};
    return fail(errnoError(errno, cat("remove ", path)));
  }
  struct stat info;
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return {};
    return fail(errnoError(errno, cat("remove ", path)));
  }
  // The device of the parent: a mount point itself is refused too.
  struct stat parent;
  if (::stat(parentOf(path).c_str(), &parent) != 0) {
    return fail(errnoError(errno, cat("remove ", path)));
  }
  return removeEntry(AT_FDCWD, path, path, parent.st_dev, 0);
}

Result<std::vector<std::string>> listDirectoryNow(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail(errnoError(errno, cat("list ", path)));
  return namesIn(std::move(fd), path);
}

Result<Fd> openForAppend(const std::string& path, uint64_t size) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail(errnoError(errno, cat("open ", path)));
  struct stat info;
  if (::fstat(fd.get(), &info) != 0) return fail(errnoError(errno, cat("open ", path)));
  if (static_cast<uint64_t>(info.st_size) < size) {
    return fail(Code::kInvalid, cat("open ", path, ": has ", static_cast<int64_t>(info.st_size),
                                    " bytes, less than ", size));
  }
  if (::ftruncate(fd.get(), static_cast<off_t>(size)) != 0 || ::fsync(fd.get()) != 0) {
    return fail(errnoError(errno, cat("open ", path)));
  }
  MESHKA_CHECK(syncDirectory(parentOf(path)));
  return fd;
}

}  // namespace meshka::io
