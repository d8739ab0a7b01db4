// Takes changes together: a round begins when nothing came for a moment, or when the first change
// has waited long enough.
#pragma once

#include <set>
#include <string>

#include "base/function.h"
#include "io/loop.h"

namespace meshka::mesh {

class Rounds final {
 public:
  struct Change {
    bool full = false;                // anything may differ; else only endpoints
    std::set<std::string> addresses;  // of the endpoints that changed
    size_t events = 0;
    Instant first;
  };
  Rounds(io::Loop& loop, Function<void(Change)> round);

  void full();
  void endpoints(const std::set<std::string>& addresses);
  uint64_t count() const { return count_; }

 private:
  void arm();
  void fire();

  io::Loop& loop_;
  Function<void(Change)> round_;
  Change pending_;
  uint64_t count_ = 0;
  io::Timer timer_;
};

}  // namespace meshka::mesh
