// Log lines to a descriptor: one write per line, so that lines of several threads and processes do
// not mix.
#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "io/linux/fd.h"

namespace meshka::io {

struct LogOptions {
  Level level = Level::kInfo;  // this one and what is graver
  bool json = false;
  bool timestamps = true;  // UTC with microseconds, before the text or as "ts"
};

class FdLog final : public Log {
 public:
  FdLog(int fd, LogOptions options) : fd_(fd), options_(options) {}
  FdLog(Fd owned, LogOptions options)
      : owned_(std::move(owned)), fd_(owned_.get()), options_(options) {}
  bool enabled(Level level) const override { return level <= options_.level; }
  void write(Level level, std::string_view message, std::initializer_list<Field> fields) override;

 private:
  Fd owned_;
  int fd_;
  LogOptions options_;
};

std::unique_ptr<Log> makeStderrLog(LogOptions options = {});
// Appends to the file, creating it with mode 0600. Errors: kNotFound, kForbidden.
Result<std::unique_ptr<Log>> makeFileLog(const std::string& path, LogOptions options = {});

}  // namespace meshka::io
