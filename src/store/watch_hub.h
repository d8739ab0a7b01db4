// Who watches what. A change goes to the watchers of its resource: those of all namespaces and
// those of its own. A new watcher first gets, in a later turn, what happened since the revision it
// names; what comes meanwhile queues behind.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/loop.h"
#include "store/tables.h"

namespace meshka::store {

class WatchHub {
 public:
  explicit WatchHub(io::Loop& loop) : loop_(loop) {}
  WatchHub(const WatchHub&) = delete;
  WatchHub& operator=(const WatchHub&) = delete;

  // `backlog`: the changes that the watcher has not seen yet. The subscription may outlive the hub.
  std::unique_ptr<Subscription> add(const Range& range, std::vector<ChangeRef> backlog,
                                    Watcher& watcher);
  // The changes of one commit.
  void publish(const std::vector<ChangeRef>& changes);
  // Ends a round of publish(): watchers that got nothing in it learn how far the store is.
  void progress(Revision current);

 private:
  struct Member;
  class Handle;
  using Members = std::vector<std::shared_ptr<Member>>;
  struct Bucket {
    Members everywhere;
    std::map<std::string, Members, std::less<>> by_ns;
  };

  static void deliver(Member& member, const std::vector<ChangeRef>& changes, uint64_t round);
  static void catchUp(Member& member);
  void deliverTo(const Members& members, const std::vector<ChangeRef>& changes);
  void sweep();

  io::Loop& loop_;
  std::map<std::pair<std::string, std::string>, Bucket> buckets_;
  Members all_;
  std::shared_ptr<size_t> ended_ = std::make_shared<size_t>(0);  // members that wait to be swept
  uint64_t round_ = 1;
  bool publishing_ = false;  // nothing is swept away under a delivery
};

}  // namespace meshka::store
