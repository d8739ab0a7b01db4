#include "io/linux/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "base/strings.h"
#include "base/time.h"

namespace meshka::io {

void FdLog::write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  std::string line =
      options_.json ? formatJson(level, message, fields) : formatText(level, message, fields);
  if (options_.timestamps) {
    timespec t;
    ::clock_gettime(CLOCK_REALTIME, &t);
    const std::string now = toRfc3339Micro(WallTime{int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec});
    if (options_.json) {
      line.insert(1, cat("\"ts\":\"", now, "\","));
    } else {
      line.insert(1, cat(" ", now));
    }
  }
  line += '\n';
  // What cannot be logged is lost: there is nobody to tell.
  (void)!::write(fd_, line.data(), line.size());
}

std::unique_ptr<Log> makeStderrLog(LogOptions options) {
  return std::make_unique<FdLog>(2, options);
}

Result<std::unique_ptr<Log>> makeFileLog(const std::string& path, LogOptions options) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!fd) return fail(errnoError(errno, cat("open log ", path)));
  return std::make_unique<FdLog>(std::move(fd), options);
}

}  // namespace meshka::io
