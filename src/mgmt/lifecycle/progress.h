// What installing and registering say while they go on; where it goes is the CLI's business.
#pragma once

#include <string>

#include "base/time.h"
#include "io/loop.h"

namespace meshka::mgmt {

class Progress {
 public:
  virtual ~Progress() = default;
  virtual void step(const std::string& line) = 0;  // something begins or is waited for
  virtual void done(const std::string& line, Duration took) = 0;
  virtual void warn(const std::string& line) = 0;
};

class Stopwatch {
 public:
  explicit Stopwatch(const io::Clock& clock) : clock_(clock), begin_(clock.now()) {}
  Duration elapsed() const { return clock_.now() - begin_; }

 private:
  const io::Clock& clock_;
  Instant begin_;
};

}  // namespace meshka::mgmt
