#include "store/local_store.h"

#include <algorithm>
#include <coroutine>
#include <set>

#include "base/strings.h"
#include "store/recovery.h"
#include "store/snapshot.h"

namespace meshka::store {

// The end of one commit() call: its result, and the coroutine that waits for it, if it still does.
struct LocalStore::Ticket {
  explicit Ticket(Result<Committed> r) : result(std::move(r)) {}
  Result<Committed> result;
  bool done = false;
  Revision wait_for = 0;  // of a failed commit: the revision that must be readable before it ends
  std::coroutine_handle<> waiting;
};

struct LocalStore::TicketWait {
  explicit TicketWait(std::shared_ptr<Ticket> t) : ticket(std::move(t)) {}
  TicketWait(const TicketWait&) = delete;
  TicketWait& operator=(const TicketWait&) = delete;
  ~TicketWait() { ticket->waiting = nullptr; }
  bool await_ready() const noexcept { return ticket->done; }
  void await_suspend(std::coroutine_handle<> h) noexcept { ticket->waiting = h; }
  void await_resume() const noexcept {}
  std::shared_ptr<Ticket> ticket;
};

LocalStore::LocalStore(io::Loop& loop, meshka::Log& log, Stamp stamp, Limits limits)
    : loop_(loop),
      log_(log),
      stamp_(stamp),
      limits_(limits),
      tables_(limits),
      hub_(loop),
      work_(loop),
      tasks_(loop, 2) {
  tasks_.spawn(write());
}

LocalStore::~LocalStore() = default;

io::Task<Result<std::unique_ptr<LocalStore>>> LocalStore::open(io::World world,
                                                               std::string directory, Stamp stamp,
                                                               Limits limits) {
  auto store = std::make_unique<LocalStore>(world.loop, world.log, stamp, limits);
  MESHKA_CO_CHECK(co_await world.disk.makeDirectories(directory, 0700));
  MESHKA_CO_TRY(const Recovered found, co_await recover(world.disk, directory, store->tables_));
  store->sequenced_ = found.revision;
  store->snapshot_revision_ = found.snapshot_revision;
  store->snapshot_bytes_ = found.snapshot_bytes;
  store->disk_ = &world.disk;
  store->directory_ = directory;
  store->wal_.emplace(world.disk, directory, limits);
  const Revision first = found.segment_first != 0 ? found.segment_first : found.revision + 1;
  MESHKA_CO_CHECK(co_await store->wal_->open(first, found.segment_bytes));
  for (const std::string& path : found.obsolete) MESHKA_CO_CHECK(co_await world.disk.remove(path));
  world.log.info("store opened", {{"directory", directory},
                                  {"revision", cat(found.revision)},
                                  {"objects", cat(store->tables_.size())}});
  co_return store;
}

Result<Page> LocalStore::list(const Range& range, const ListOptions& options) const {
  return tables_.list(range, options);
}

Result<std::unique_ptr<Subscription>> LocalStore::watch(const Range& range, Revision after,
                                                        Watcher& watcher) {
  MESHKA_TRY(std::vector<ChangeRef> backlog, tables_.changesSince(range, after));
  return hub_.add(range, std::move(backlog), watcher);
}

std::optional<Version> LocalStore::newest(const Key& key, bool& pending) const {
  if (const auto at = pending_.find(key); at != pending_.end()) {
    pending = true;
    const Pending& p = at->second;
    return p.value ? std::optional(Version{*p.value, p.created, p.revision}) : std::nullopt;
  }
  const Version* version = tables_.find(key);
  return version == nullptr ? std::nullopt : std::optional(*version);
}

Result<void> LocalStore::check(const Write& write, size_t index, bool& pending) const {
  const Key& key = write.key;
  const auto refuse = [&](Code code, std::string message) {
    ErrorDetails details;
    details.name = key.name;
    details.causes.push_back({.field = cat(index), .reason = {}, .message = {}});
    return fail(
        Error(code, cat(describe(key), std::move(message))).withDetails(std::move(details)));
  };
  for (const std::string* part : {&key.cluster, &key.resource, &key.ns, &key.name}) {
    if (part->find('\0') != std::string::npos)
      return refuse(Code::kInvalid, ": the key has a zero byte");
  }
  const std::optional<Version> there = newest(key, pending);
  if (!there && !write.value) return refuse(Code::kNotFound, " not found");
  if (!write.expected) return {};
  if (*write.expected == 0) {
    return there ? refuse(Code::kAlreadyExists, " already exists") : Result<void>();
  }
  if (there && there->modified == *write.expected) return {};
  return refuse(
      Code::kConflict,
      there ? cat(": revision ", there->modified, " is there, ", *write.expected, " was expected")
            : cat(": revision ", *write.expected, " was expected, but the object is gone"));
}

Result<SequencedCommit> LocalStore::sequence(std::vector<Write>& writes, bool& pending) const {
  if (broken_) return fail(*broken_);
  if (payload_.size() + in_flight_bytes_ > kMaxPendingBytes) {
    return fail(Code::kTooMany, "too many commits wait for the disk");
  }
  std::set<Key> seen;
  for (size_t i = 0; i < writes.size(); ++i) {
    if (writes.size() > 1 && !seen.insert(writes[i].key).second) {
      return fail(Code::kInvalid, cat(describe(writes[i].key), " is written twice in one commit"));
    }
    MESHKA_CHECK(check(writes[i], i, pending));
  }
  SequencedCommit out;
  out.revision = sequenced_ + 1;
  out.writes.reserve(writes.size());
  for (Write& write : writes) {
    bool ignored = false;
    const doc::Doc value = write.value ? *write.value : newest(write.key, ignored)->value;
    out.writes.push_back({.key = std::move(write.key),
                          .is_delete = !write.value,
                          .value = stamp_(value, out.revision)});
  }
  return out;
}

io::Task<Result<Committed>> LocalStore::commit(std::vector<Write> writes) {
  bool pending = false;
  Result<SequencedCommit> commit = sequence(writes, pending);
  if (!commit) {
    auto ticket = std::make_shared<Ticket>(std::unexpected(commit.error()));
    ticket->wait_for = sequenced_;
    ticket->done = !pending;
    if (pending) late_.push_back(ticket);
    return finish(std::move(ticket));
  }
  Committed committed{.revision = commit->revision, .values = {}};
  for (const SequencedWrite& write : commit->writes) committed.values.push_back(write.value);
  auto ticket = std::make_shared<Ticket>(std::move(committed));
  enqueue(std::move(*commit), ticket);
  return finish(std::move(ticket));
}

void LocalStore::enqueue(SequencedCommit commit, std::shared_ptr<Ticket> ticket) {
  sequenced_ = commit.revision;
  for (const SequencedWrite& write : commit.writes) {
    bool ignored = false;
    const std::optional<Version> before = newest(write.key, ignored);
    Pending& p = pending_[write.key];
    p.created = before ? before->created : commit.revision;
    p.value = write.is_delete ? std::nullopt : std::optional(write.value);
    p.revision = commit.revision;
  }
  if (disk_ != nullptr) appendCommit(payload_, commit);
  queue_.push_back({std::move(commit), std::move(ticket)});
  work_.set();
}

io::Task<Result<Committed>> LocalStore::finish(std::shared_ptr<Ticket> ticket) {
  co_await TicketWait(ticket);
  co_return std::move(ticket->result);
}

// In a later turn and without the store: who is woken may do anything, even end the store.
void LocalStore::wake(std::vector<std::shared_ptr<Ticket>> tickets) {
  for (const auto& ticket : tickets) ticket->done = true;
  loop_.post([tickets = std::move(tickets)] {
    for (const auto& ticket : tickets) {
      if (const auto waiting = std::exchange(ticket->waiting, nullptr)) waiting.resume();
    }
  });
}

io::Task<void> LocalStore::write() {
  for (;;) {
    co_await work_.wait();
    work_.reset();
    while (!queue_.empty()) {
      std::vector<Queued> batch = std::exchange(queue_, {});
      std::string payload = std::exchange(payload_, {});
      in_flight_bytes_ = payload.size();
      const Result<void> durable = co_await makeDurable(
          batch.front().commit.revision, static_cast<uint32_t>(batch.size()), std::move(payload));
      in_flight_bytes_ = 0;
      if (!durable) {
        failAll(std::move(batch), durable.error());
        co_return;
      }
      applyBatch(std::move(batch));
    }
  }
}

io::Task<Result<void>> LocalStore::makeDurable(Revision first, uint32_t commits,
                                               std::string payload) {
  if (!wal_) co_return Result<void>();
  MESHKA_CO_CHECK(co_await maybeSnapshot());
  co_return co_await wal_->append(first, commits, std::move(payload));
}

void LocalStore::applyBatch(std::vector<Queued> batch) {
  std::vector<std::shared_ptr<Ticket>> ready;
  ready.reserve(batch.size());
  const Instant now = loop_.clock().now();
  for (Queued& queued : batch) {
    const std::vector<ChangeRef> changes = tables_.apply(queued.commit, now);
    for (const SequencedWrite& write : queued.commit.writes) {
      const auto at = pending_.find(write.key);
      if (at != pending_.end() && at->second.revision == queued.commit.revision) pending_.erase(at);
    }
    hub_.publish(changes);
    ready.push_back(std::move(queued.ticket));
  }
  hub_.progress(tables_.current());
  std::erase_if(late_, [&](const std::shared_ptr<Ticket>& ticket) {
    if (ticket->wait_for > tables_.current()) return false;
    ready.push_back(ticket);
    return true;
  });
  wake(std::move(ready));
}

// Whether the batch reached the disk is unknown, so nothing may be written behind it: the store
// stays readable, and a restart finds out.
void LocalStore::failAll(std::vector<Queued> batch, const Error& error) {
  log_.error("the store's log is not writable; restart when the cause is gone",
             {{"directory", directory_}, {"error", error.message()}});
  broken_.emplace(Code::kUnavailable, cat("the store's log is not writable: ", error.message()));
  for (Queued& queued : std::exchange(queue_, {})) batch.push_back(std::move(queued));
  pending_.clear();
  payload_.clear();
  std::vector<std::shared_ptr<Ticket>> ended = std::exchange(late_, {});
  for (Queued& queued : batch) {
    queued.ticket->result = std::unexpected(*broken_);
    ended.push_back(std::move(queued.ticket));
  }
  wake(std::move(ended));
}

// Runs between two batches, when everything sequenced so far but the batch in hand is applied: the
// new segment begins with the first revision that the snapshot does not have.
io::Task<Result<void>> LocalStore::maybeSnapshot() {
  const Revision revision = tables_.current();
  // A complete snapshot is never written over: a crash in the middle of that would lose it.
  const bool due = !snapshot_running_ && revision > snapshot_revision_ &&
                   wal_->growth() >= std::max(limits_.snapshot_log_bytes, snapshot_bytes_);
  if (!due && !wal_->segmentFull()) co_return Result<void>();
  MESHKA_CO_CHECK(co_await wal_->rotate(revision + 1));
  if (due) {
    wal_->forgetGrowth();
    snapshot_running_ = tasks_.spawn(snapshot(revision, tables_.all()));
  }
  co_return Result<void>();
}

io::Task<void> LocalStore::snapshot(Revision revision, std::vector<Item> items) {
  const Result<uint64_t> written =
      co_await writeSnapshot(*disk_, directory_, revision, std::move(items));
  snapshot_running_ = false;
  if (!written) {
    log_.warn("snapshot not written; the log grows on",
              {{"directory", directory_}, {"error", written.error().message()}});
    co_return;
  }
  snapshot_revision_ = revision;
  snapshot_bytes_ = *written;
  const Result<void> cleaned = co_await removeObsolete(*disk_, directory_, revision);
  if (!cleaned)
    log_.warn("old log not removed",
              {{"directory", directory_}, {"error", cleaned.error().message()}});
}

}  // namespace meshka::store
