// WorkQueue: what controllers do their work from. A key that is added while it waits is there once;
// one that is added while it is being worked on is worked on again afterwards; a failed one comes
// back after a growing pause.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/function.h"
#include "base/rng.h"
#include "io/async.h"

namespace meshka::client {

struct WorkQueueOptions {
  std::string name;                   // in logs
  size_t workers = 4;                 // keys in work at once
  Duration first_retry = millis(10);  // doubles with each failure of the same key, with jitter
  Duration longest_retry = seconds(30);
};

class WorkQueue {
 public:
  // An error is logged once per key and message, and retried; success forgets the key's failures.
  using Work = Function<io::Task<Result<void>>(std::string key)>;

  WorkQueue(io::Loop& loop, Rng& rng, Log& log, WorkQueueOptions options, Work work);
  ~WorkQueue();  // cancels what is in work
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  void add(std::string key);
  void addAfter(std::string key, Duration delay);  // the earlier time wins
  size_t pending() const;  // waiting or in work, retries and delays not counted
  bool idle() const { return pending() == 0; }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace meshka::client
