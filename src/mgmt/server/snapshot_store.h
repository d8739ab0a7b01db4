// Where snapshots survive a restart of the server, so that it starts with a picture of every
// cluster instead of an empty one.
#pragma once

#include <string>
#include <vector>

#include "io/task.h"
#include "mgmt/relay/snapshot.h"

namespace meshka::mgmt {

struct StoredSnapshot {
  std::string cluster;
  std::string session;
  uint64_t version = 0;
  Snapshot::Objects objects;
};

class SnapshotStore {
 public:
  virtual ~SnapshotStore() = default;
  virtual io::Task<Result<std::vector<StoredSnapshot>>> load(Instant deadline) = 0;
  // Noted now, written soon. `snapshot` is read when it is written: it outlives the store or
  // forget() is called.
  virtual void changed(const std::string& cluster, const Snapshot& snapshot,
                       const std::vector<Snapshot::Change>& changes, bool whole) = 0;
  virtual void forget(const std::string& cluster) = 0;
  virtual bool healthy() const = 0;
};

}  // namespace meshka::mgmt
