// The objects in memory: per (cluster, resource) an ordered table of the newest versions, and the
// changes of the watch window. A version is kept once: the table holds the newest, the window the
// ones it replaced. A list at an older revision takes the newest state and undoes the changes
// since. Plain and synchronous; LocalStore decides when a commit is durable and applies it here.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/frame.h"
#include "store/limits.h"
#include "store/store.h"

namespace meshka::store {

struct Version {
  doc::Doc value;
  Revision created = 0;
  Revision modified = 0;
};

// A change in the window, with what is needed to undo it.
struct Change {
  Event event;
  Revision previous_created = 0;
  Revision previous_modified = 0;
  size_t bytes = 0;  // what it keeps alive
  Instant at;
};
using ChangeRef = std::shared_ptr<const Change>;

// "pods \"ns/name\"", for errors.
std::string describe(const Key& key);

class Tables {
 public:
  explicit Tables(const Limits& limits) : limits_(limits) {}

  Revision current() const { return current_; }
  Revision compacted() const { return compacted_; }
  size_t size() const;

  const Version* find(const Key& key) const;
  Result<Item> get(const Key& key) const;
  Result<Page> list(const Range& range, const ListOptions& options) const;

  // Revisions must come in order. Gives the changes, in the order of the writes.
  std::vector<ChangeRef> apply(const SequencedCommit& commit, Instant now);
  // In order of revision. Errors: kExpired, kInvalid.
  Result<std::vector<ChangeRef>> changesSince(const Range& range, Revision after) const;

  // Recovery: puts an object there without a change; the state then is that of `revision`.
  void restore(Item item);
  void restoreErase(const Key& key);
  void finishRestore(Revision revision);
  // Everything, in key order: what a snapshot writes.
  std::vector<Item> all() const;

 private:
  using Rows = std::map<std::string, Version, std::less<>>;  // key: "NS\0NAME"
  struct Table {
    Rows rows;
    std::deque<ChangeRef> changes;
    Revision dropped = 0;  // newest change that left the window
  };
  using TableKey = std::pair<std::string, std::string>;

  const Table* findTable(const Key& key) const;
  ChangeRef applyWrite(const SequencedWrite& write, Revision revision, Instant now);
  void compact(Instant now);

  Limits limits_;
  std::map<TableKey, Table> tables_;
  std::deque<Table*> order_;  // which table has the next oldest change
  size_t window_bytes_ = 0;
  Revision current_ = 0;
  Revision compacted_ = 0;
  Revision restored_ = 0;  // nothing before it is known
};

}  // namespace meshka::store
