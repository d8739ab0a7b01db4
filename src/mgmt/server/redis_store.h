// Snapshots in Redis: one hash per cluster, one field per object, each change a transaction, so
// that what is read at the next start is what some acknowledged delta left. An incomplete hash
// (Redis lost its memory) is not used.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "io/async.h"
#include "mgmt/server/resp.h"
#include "mgmt/server/snapshot_store.h"
#include "net/client.h"

namespace meshka::mgmt {

class RedisStore final : public SnapshotStore {
 public:
  // `target` names host, port and resolver.
  RedisStore(io::World world, net::ClientOptions target);
  ~RedisStore() override;

  io::Task<Result<std::vector<StoredSnapshot>>> load(Instant deadline) override;
  void changed(const std::string& cluster, const Snapshot& snapshot,
               const std::vector<Snapshot::Change>& changes, bool whole) override;
  void forget(const std::string& cluster) override;
  bool healthy() const override { return healthy_; }

 private:
  class Connection;
  struct Pending {
    const Snapshot* snapshot = nullptr;
    bool kept = false;   // Redis holds what the snapshot was before `fields` changed
    bool dirty = false;  // there is something to write
    std::set<std::pair<std::string, client::ObjectKey>> fields;
  };
  io::Task<void> run();
  io::Task<Result<std::vector<StoredSnapshot>>> readAll(Instant deadline);
  io::Task<Result<void>> flush();
  std::string transaction(const std::string& cluster, Pending& pending, size_t& replies) const;
  io::Task<Result<Connection*>> connected(Instant deadline);
  static Result<StoredSnapshot> parse(const std::string& cluster, const RespValue& hash);

  io::World world_;
  const net::ClientOptions target_;
  std::unique_ptr<Connection> connection_;
  std::map<std::string, Pending> pending_;
  std::set<std::string> forgotten_;
  bool healthy_ = true;
  io::Event work_;
  io::Group task_;
};

}  // namespace meshka::mgmt
