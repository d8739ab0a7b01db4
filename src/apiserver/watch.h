// Watches: changes of one range of the store after a revision, seen through selectors. An object
// that stops matching is reported as deleted, one that starts matching as added. What is sent and
// how is the sink's business.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "apiserver/call.h"
#include "apiserver/engine.h"
#include "apiserver/selection.h"
#include "store/store.h"

namespace meshka::apiserver {

enum class WatchType : uint8_t { kAdded, kModified, kDeleted };
std::string_view toString(WatchType type);  // "ADDED"

class WatchSink {
 public:
  virtual ~WatchSink() = default;
  // In order of revision. `stored` is in hub form and carries the revision of the event. Must not
  // commit.
  virtual void onEvent(WatchType type, const doc::Doc& stored) = 0;
  // The initial state is complete at `revision` (sendInitialEvents): a bookmark is due.
  virtual void onInitialEnd(store::Revision revision) = 0;
};

class Watch final : private store::Watcher {
 public:
  // Reports the initial state (when the options ask for one) before it returns. `engine` and `sink`
  // outlive the watch. Errors: kExpired, kInvalid, kTimeout (a revision of the future).
  static Result<std::unique_ptr<Watch>> open(const Engine& engine, Call& call, WatchSink& sink);
  ~Watch() override;

  // Everything up to here was reported.
  store::Revision revision() const { return revision_; }

 private:
  explicit Watch(WatchSink& sink) : sink_(sink) {}
  void onEvents(const std::vector<const store::Event*>& events) override;
  void onProgress(store::Revision revision) override { revision_ = revision; }

  WatchSink& sink_;
  Selection selection_;
  store::Revision revision_ = 0;
  std::unique_ptr<store::Subscription> subscription_;
};

// {"kind":K,"apiVersion":V,"metadata":{"resourceVersion":"N"}}, after the initial events with their
// annotation.
doc::Doc bookmark(const api::Kind& kind, store::Revision revision, bool initial_end);

}  // namespace meshka::apiserver
