#include "client/work_queue.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "base/strings.h"
#include "client/limits.h"

namespace meshka::client {

struct WorkQueue::State {
  State(io::Loop& l, Rng& r, Log& lg, WorkQueueOptions o, Work w)
      : loop(l),
        rng(r),
        log(lg),
        options(std::move(o)),
        work(std::move(w)),
        timer(l, [this] { addDue(); }),
        workers(l, options.workers) {}

  struct Failure {
    int count = 0;
    std::string message;  // the last one logged
  };

  void add(const std::string& key) {
    if (const auto busy = in_work.find(key); busy != in_work.end()) {
      busy->second = true;
      return;
    }
    if (!waiting_keys.insert(key).second) return;
    waiting.push_back(key);
    // A worker that finds nothing to do ends, so there may be one too many but never one too few.
    if (workers.running() < options.workers) workers.spawn(run());
  }

  void addAt(const std::string& key, Instant at) {
    const auto [known, added] = delayed.emplace(key, at);
    if (!added) {
      if (known->second <= at) return;
      by_time.erase({known->second, key});
      known->second = at;
    }
    by_time.insert({at, key});
    timer.armAt(by_time.begin()->first);
  }

  void addDue() {
    const Instant now = loop.clock().now();
    while (!by_time.empty() && by_time.begin()->first <= now) {
      const std::string key = by_time.begin()->second;
      by_time.erase(by_time.begin());
      delayed.erase(key);
      add(key);
    }
    if (!by_time.empty()) timer.armAt(by_time.begin()->first);
  }

  io::Task<void> run() {
    while (!waiting.empty()) {
      const std::string key = std::move(waiting.front());
      waiting.pop_front();
      waiting_keys.erase(key);
      in_work[key] = false;
      const Result<void> result = co_await work(key);
      finish(key, result);
      co_await io::yield(loop);  // work that never waits must not fill the turn
    }
  }

  void finish(const std::string& key, const Result<void>& result) {
    const bool again = in_work[key];
    in_work.erase(key);
    if (result) {
      failures.erase(key);
    } else {
      const Duration pause = recordFailure(key, result.error());
      if (!again) addAt(key, loop.clock().now() + pause);
    }
    if (again) add(key);
  }

  // Gives the pause before the next attempt: doubled each time, then moved by up to a quarter.
  Duration recordFailure(const std::string& key, const Error& error) {
    if (failures.size() >= kMaxRememberedFailures && !failures.contains(key)) {
      failures.erase(failures.begin());
    }
    Failure& failure = failures[key];
    Duration pause = options.first_retry;
    for (int i = 0; i < failure.count && pause < options.longest_retry; ++i) pause = pause * 2;
    ++failure.count;
    pause = std::min(pause, options.longest_retry);
    if (failure.message != error.message()) {
      failure.message = error.message();
      // A lost race with another writer is part of the game.
      const std::initializer_list<Field> fields = {
          {"queue", options.name}, {"key", key}, {"error", error.message()}};
      if (error.code() == Code::kConflict) {
        log.debug("work failed, comes again", fields);
      } else {
        log.warn("work failed, comes again", fields);
      }
    }
    const auto quarter = static_cast<uint64_t>(pause.ns / 4);
    return Duration{pause.ns - pause.ns / 8 + static_cast<int64_t>(rng.below(quarter + 1))};
  }

  io::Loop& loop;
  Rng& rng;
  Log& log;
  const WorkQueueOptions options;
  Work work;
  std::deque<std::string> waiting;
  std::set<std::string> waiting_keys;
  std::map<std::string, bool> in_work;  // true: added again meanwhile
  std::map<std::string, Instant> delayed;
  std::set<std::pair<Instant, std::string>> by_time;
  std::map<std::string, Failure> failures;
  io::Timer timer;
  io::Group workers;  // last: its tasks die first
};

WorkQueue::WorkQueue(io::Loop& loop, Rng& rng, Log& log, WorkQueueOptions options, Work work)
    : state_(std::make_unique<State>(loop, rng, log, std::move(options), std::move(work))) {}
WorkQueue::~WorkQueue() = default;

void WorkQueue::add(std::string key) {
  state_->add(key);
}

void WorkQueue::addAfter(std::string key, Duration delay) {
  if (delay <= Duration{}) return state_->add(key);
  state_->addAt(key, state_->loop.clock().now() + delay);
}

size_t WorkQueue::pending() const {
  return state_->waiting.size() + state_->in_work.size();
}

}  // namespace meshka::client
