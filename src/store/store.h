// The store of API objects: every version has a revision, watchers see all changes in order, and
// what was acknowledged survives a crash. LocalStore (store/local_store.h) keeps it in memory with
// a log on Disk; an etcd implementation can take its place.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "doc/doc.h"
#include "io/task.h"

namespace meshka::store {

using Revision = uint64_t;  // 0: none; grows by at least 1 with each commit

struct Key {
  std::string cluster;   // first in the order: one process may serve many clusters
  std::string resource;  // "GROUP/RESOURCE", the core group is "": "/pods", "apps/deployments"
  std::string ns;        // empty for cluster-scoped objects
  std::string name;
  auto operator<=>(const Key&) const = default;
};

// What list and watch look at: all keys that agree in the fields given here.
struct Range {
  std::string cluster;
  std::string resource;
  std::optional<std::string> ns;  // unset: all namespaces
  bool contains(const Key& key) const;
};

struct Item {
  Key key;
  doc::Doc value;  // carries its revision (Stamp)
  Revision created = 0;
  Revision modified = 0;
};

struct Write {
  Key key;
  std::optional<doc::Doc> value;  // unset: delete
  std::optional<Revision>
      expected;  // modified revision that must be there; 0: the key must be absent
};

struct Committed {
  Revision revision = 0;
  std::vector<doc::Doc>
      values;  // as stored, in order of the writes; a delete gives the last value, stamped
};

struct ListOptions {
  Revision at = 0;           // 0: newest
  std::optional<Key> after;  // continue behind this key
  size_t limit = 0;          // 0: all
};

struct Page {
  std::vector<Item> items;
  Revision revision = 0;  // of the snapshot that was read
  bool more = false;
  size_t remaining = 0;  // items behind the page
};

enum class EventType : uint8_t { kPut, kDelete };

struct Event {
  EventType type;
  Item item;  // kDelete: the last value, stamped with the revision of the delete
  std::optional<doc::Doc> previous;  // unset when the key was absent before
};

class Watcher {
 public:
  virtual ~Watcher() = default;
  // In order of revision, each change once; all events of one commit in one call. Called on the
  // loop, after the commit is durable. Must not commit from inside the call.
  virtual void onEvents(const std::vector<const Event*>& events) = 0;
  // Called after each durable commit that had no event for this watcher, at most once a turn:
  // bookmarks.
  virtual void onProgress(Revision) {}
};

class Subscription {
 public:
  virtual ~Subscription() = default;  // ends the watch
};

class Store {
 public:
  virtual ~Store() = default;

  // Newest readable (durable) revision, and the newest that is no longer watchable.
  virtual Revision current() const = 0;
  virtual Revision compacted() const = 0;

  // Errors: kNotFound.
  virtual Result<Item> get(const Key& key) const = 0;
  // Errors: kExpired when `at` is compacted; kInvalid when it lies in the future.
  virtual Result<Page> list(const Range& range, const ListOptions& options = {}) const = 0;

  // All writes or none, in one revision; the task ends when they are durable and readable. The
  // order of commits is the order of calls, not of awaiting: the check against `expected` and the
  // sequencing happen before this returns, so a caller may read-modify-write within one turn.
  // Errors: kConflict or kAlreadyExists (index in details.causes[0].field), kNotFound (delete of an
  // absent key), kUnavailable (log not writable; nothing is lost).
  virtual io::Task<Result<Committed>> commit(std::vector<Write> writes) = 0;

  // Events after revision `after`. Errors: kExpired. `watcher` outlives the subscription.
  virtual Result<std::unique_ptr<Subscription>> watch(const Range& range, Revision after,
                                                      Watcher& watcher) = 0;
};

// Puts the revision into the value (metadata.resourceVersion); given to a store by whoever makes
// it.
using Stamp = doc::Doc (*)(doc::Value value, Revision revision);

}  // namespace meshka::store
