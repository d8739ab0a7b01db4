#include "io/linux/fd.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/strings.h"

namespace meshka::io {

void Fd::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

std::string errnoText(int error) {
  char buffer[128];
  return toLower(::strerror_r(error, buffer, sizeof buffer));
}

Error errnoError(int error, std::string_view what) {
  Code code = Code::kInternal;
  switch (error) {
    case ENOENT:
      code = Code::kNotFound;
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      code = Code::kForbidden;
      break;
    case EEXIST:
    case EADDRINUSE:
      code = Code::kAlreadyExists;
      break;
    case ECONNREFUSED:
    case ECONNRESET:
    case ECONNABORTED:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case EPIPE:
    case EAGAIN:
      code = Code::kUnavailable;
      break;
    case ETIMEDOUT:
      code = Code::kTimeout;
      break;
    case EINVAL:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
      code = Code::kInvalid;
      break;
    case EFBIG:
      code = Code::kTooLarge;
      break;
    case EMFILE:
    case ENFILE:
      code = Code::kTooMany;
      break;
    default:
      break;
  }
  return Error(code, cat(what, ": ", errnoText(error)));
}

}  // namespace meshka::io
