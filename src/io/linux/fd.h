// An owned file descriptor, and errno as our errors. Only for .cc files of io/linux and its direct
// users.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace meshka::io {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& o) noexcept : fd_(std::exchange(o.fd_, -1)) {}
  Fd& operator=(Fd&& o) noexcept {
    if (this != &o) {
      reset();
      fd_ = std::exchange(o.fd_, -1);
    }
    return *this;
  }
  ~Fd() { reset(); }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset();

 private:
  int fd_ = -1;
};

// "WHAT: no such file or directory", lower case as our errors are.
std::string errnoText(int error);
// Code by errno: ENOENT kNotFound, EACCES and EPERM kForbidden, EEXIST and EADDRINUSE
// kAlreadyExists, connection errors kUnavailable, ETIMEDOUT kTimeout, EINVAL, ENOTDIR, EISDIR,
// ELOOP, ENAMETOOLONG kInvalid, else kInternal.
Error errnoError(int error, std::string_view what);

}  // namespace meshka::io
