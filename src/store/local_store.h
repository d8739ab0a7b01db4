// The store of one process: everything in memory, durable by a write-ahead log and snapshots.
// docs/design/store.md.
//
// commit() checks and numbers a commit at once, against what is there and what is on its way to the
// disk. A writer task makes commits durable in batches and only then applies them: readers, lists
// and watchers see nothing that a crash could take back. A commit that fails because of one that is
// still on its way ends when that one is readable, so whoever retries reads the newest state.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/async.h"
#include "io/disk.h"
#include "store/limits.h"
#include "store/log.h"
#include "store/store.h"
#include "store/tables.h"
#include "store/watch_hub.h"

namespace meshka::store {

class LocalStore final : public Store {
 public:
  // Keeps nothing on disk: for tests, and for clusters that may forget.
  LocalStore(io::Loop& loop, meshka::Log& log, Stamp stamp, Limits limits = {});
  // Reads what `directory` holds, or begins it. Errors: of the disk; kInternal naming file and
  // offset when what is there is damaged or of an unknown format. The world outlives the store.
  static io::Task<Result<std::unique_ptr<LocalStore>>> open(io::World world, std::string directory,
                                                            Stamp stamp, Limits limits = {});
  ~LocalStore() override;

  Revision current() const override { return tables_.current(); }
  Revision compacted() const override { return tables_.compacted(); }
  Result<Item> get(const Key& key) const override { return tables_.get(key); }
  Result<Page> list(const Range& range, const ListOptions& options = {}) const override;
  io::Task<Result<Committed>> commit(std::vector<Write> writes) override;
  Result<std::unique_ptr<Subscription>> watch(const Range& range, Revision after,
                                              Watcher& watcher) override;

  size_t size() const { return tables_.size(); }  // objects

 private:
  struct Ticket;
  struct TicketWait;
  struct Pending {
    std::optional<doc::Doc> value;  // unset: will be absent
    Revision created = 0;
    Revision revision = 0;
  };
  struct Queued {
    SequencedCommit commit;
    std::shared_ptr<Ticket> ticket;
  };

  std::optional<Version> newest(const Key& key, bool& pending) const;
  Result<SequencedCommit> sequence(std::vector<Write>& writes, bool& pending) const;
  Result<void> check(const Write& write, size_t index, bool& pending) const;
  void enqueue(SequencedCommit commit, std::shared_ptr<Ticket> ticket);
  static io::Task<Result<Committed>> finish(std::shared_ptr<Ticket> ticket);
  void wake(std::vector<std::shared_ptr<Ticket>> tickets);

  io::Task<void> write();
  io::Task<Result<void>> makeDurable(Revision first, uint32_t commits, std::string payload);
  void applyBatch(std::vector<Queued> batch);
  void failAll(std::vector<Queued> batch, const Error& error);
  io::Task<Result<void>> maybeSnapshot();
  io::Task<void> snapshot(Revision revision, std::vector<Item> items);

  io::Loop& loop_;
  meshka::Log& log_;
  Stamp stamp_;
  Limits limits_;
  Tables tables_;
  WatchHub hub_;
  io::Disk* disk_ = nullptr;
  std::string directory_;
  std::optional<Log> wal_;
  Revision snapshot_revision_ = 0;  // of the last complete one
  uint64_t snapshot_bytes_ = 0;
  bool snapshot_running_ = false;

  Revision sequenced_ = 0;
  std::map<Key, Pending> pending_;             // sequenced, not durable
  std::vector<Queued> queue_;                  // for the next batch
  std::string payload_;                        // its bytes
  size_t in_flight_bytes_ = 0;                 // of the batch that is being written
  std::vector<std::shared_ptr<Ticket>> late_;  // failed commits that wait for what is on its way
  std::optional<Error> broken_;                // the log is not writable
  io::Event work_;
  io::Group tasks_;  // last: ends first
};

}  // namespace meshka::store
