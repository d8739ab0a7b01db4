#include "store/tables.h"

#include <optional>

#include "base/assert.h"
#include "base/strings.h"

namespace meshka::store {
namespace {

constexpr char kSeparator = '\0';

std::string pack(std::string_view ns, std::string_view name) {
  std::string out;
  out.reserve(ns.size() + name.size() + 1);
  out.append(ns).push_back(kSeparator);
  out.append(name);
  return out;
}

Item makeItem(const std::pair<std::string, std::string>& table, std::string_view packed,
              const Version& version) {
  const size_t at = packed.find(kSeparator);
  return {.key = {.cluster = table.first,
                  .resource = table.second,
                  .ns = std::string(packed.substr(0, at)),
                  .name = std::string(packed.substr(at + 1))},
          .value = version.value,
          .created = version.created,
          .modified = version.modified};
}

// The rows of one table as they were: the newest rows, overlaid by what the undone changes had
// replaced (unset: the row was not there). Walks both in key order.
class PastRows {
 public:
  using Rows = std::map<std::string, Version, std::less<>>;
  using Undone = std::map<std::string, std::optional<Version>, std::less<>>;

  PastRows(const Rows& rows, const Undone& undone, const std::string& from, bool behind)
      : row_(behind ? rows.upper_bound(from) : rows.lower_bound(from)),
        rows_end_(rows.end()),
        old_(behind ? undone.upper_bound(from) : undone.lower_bound(from)),
        old_end_(undone.end()) {
    settle();
  }
  bool atEnd() const { return row_ == rows_end_ && old_ == old_end_; }
  const std::string& key() const { return useOld() ? old_->first : row_->first; }
  const Version& version() const { return useOld() ? *old_->second : row_->second; }
  void next() {
    if (useOld()) {
      skipOld();
    } else {
      ++row_;
    }
    settle();
  }

 private:
  bool useOld() const {
    return old_ != old_end_ && (row_ == rows_end_ || old_->first <= row_->first);
  }
  void skipOld() {
    if (row_ != rows_end_ && row_->first == old_->first) ++row_;
    ++old_;
  }
  void settle() {
    while (useOld() && !old_->second) skipOld();
  }

  Rows::const_iterator row_, rows_end_;
  Undone::const_iterator old_, old_end_;
};

}  // namespace

bool Range::contains(const Key& key) const {
  return cluster == key.cluster && resource == key.resource && (!ns || *ns == key.ns);
}

std::string describe(const Key& key) {
  const std::string_view resource = key.resource.starts_with('/')
                                        ? std::string_view(key.resource).substr(1)
                                        : std::string_view(key.resource);
  return key.ns.empty() ? cat(resource, " \"", key.name, "\"")
                        : cat(resource, " \"", key.ns, "/", key.name, "\"");
}

size_t Tables::size() const {
  size_t out = 0;
  for (const auto& [key, table] : tables_) out += table.rows.size();
  return out;
}

const Tables::Table* Tables::findTable(const Key& key) const {
  const auto at = tables_.find(TableKey(key.cluster, key.resource));
  return at == tables_.end() ? nullptr : &at->second;
}

const Version* Tables::find(const Key& key) const {
  const Table* table = findTable(key);
  if (table == nullptr) return nullptr;
  const auto at = table->rows.find(pack(key.ns, key.name));
  return at == table->rows.end() ? nullptr : &at->second;
}

Result<Item> Tables::get(const Key& key) const {
  const Version* version = find(key);
  if (version == nullptr) return fail(Code::kNotFound, cat(describe(key), " not found"));
  return Item{key, version->value, version->created, version->modified};
}

Result<Page> Tables::list(const Range& range, const ListOptions& options) const {
  Page page;
  page.revision = options.at != 0 ? options.at : current_;
  if (page.revision > current_) {
    return fail(Code::kInvalid,
                cat("revision ", page.revision, " lies in the future, the newest is ", current_));
  }
  if (page.revision < compacted_) {
    return fail(Code::kExpired,
                cat("revision ", page.revision, " is compacted, the oldest is ", compacted_));
  }
  const auto found = tables_.find(TableKey(range.cluster, range.resource));
  if (found == tables_.end()) return page;
  const auto& [table_key, table] = *found;

  PastRows::Undone undone;
  for (auto at = table.changes.rbegin(); at != table.changes.rend(); ++at) {
    const Change& change = **at;
    if (change.event.item.modified <= page.revision) break;
    std::optional<Version> before;
    if (change.event.previous) {
      before = Version{*change.event.previous, change.previous_created, change.previous_modified};
    }
    undone.insert_or_assign(pack(change.event.item.key.ns, change.event.item.key.name),
                            std::move(before));
  }
  const std::string start = options.after ? pack(options.after->ns, options.after->name)
                                          : (range.ns ? pack(*range.ns, "") : std::string());
  PastRows rows(table.rows, undone, start, options.after.has_value());
  const std::string prefix = range.ns ? pack(*range.ns, "") : std::string();
  for (; !rows.atEnd() && rows.key().starts_with(prefix); rows.next()) {
    if (options.limit != 0 && page.items.size() == options.limit) {
      page.more = true;
      ++page.remaining;
    } else {
      page.items.push_back(makeItem(table_key, rows.key(), rows.version()));
    }
  }
  return page;
}

std::vector<ChangeRef> Tables::apply(const SequencedCommit& commit, Instant now) {
  MESHKA_ASSERT(commit.revision > current_);
  std::vector<ChangeRef> out;
  out.reserve(commit.writes.size());
  for (const SequencedWrite& write : commit.writes)
    out.push_back(applyWrite(write, commit.revision, now));
  current_ = commit.revision;
  compact(now);
  return out;
}

ChangeRef Tables::applyWrite(const SequencedWrite& write, Revision revision, Instant now) {
  Table& table = tables_[TableKey(write.key.cluster, write.key.resource)];
  auto change = std::make_shared<Change>();
  change->at = now;
  Event& event = change->event;
  event.type = write.is_delete ? EventType::kDelete : EventType::kPut;
  event.item = {.key = write.key, .value = write.value, .created = revision, .modified = revision};
  change->bytes = sizeof(Change) + write.key.ns.size() + write.key.name.size();
  std::string packed = pack(write.key.ns, write.key.name);
  const auto row = table.rows.find(packed);
  if (row != table.rows.end()) {
    event.item.created = row->second.created;
    event.previous = row->second.value;
    change->previous_created = row->second.created;
    change->previous_modified = row->second.modified;
    change->bytes += row->second.value.memoryBytes();
  }
  if (write.is_delete) {
    MESHKA_ASSERT(row != table.rows.end());
    change->bytes += write.value.memoryBytes();
    table.rows.erase(row);
  } else if (row != table.rows.end()) {
    row->second.value = write.value;
    row->second.modified = revision;
  } else {
    table.rows.emplace(std::move(packed), Version{write.value, revision, revision});
  }
  table.changes.push_back(change);
  order_.push_back(&table);
  window_bytes_ += change->bytes;
  return change;
}

// A commit leaves the window as a whole, so that no watch sees half of it; the newest one always
// stays.
void Tables::compact(Instant now) {
  while (!order_.empty()) {
    const Change& oldest = *order_.front()->changes.front();
    const Revision revision = oldest.event.item.modified;
    const bool over = order_.size() > limits_.window_events ||
                      window_bytes_ > limits_.window_bytes || now - oldest.at > limits_.window_age;
    if (!over || revision == current_) return;
    compacted_ = revision;
    while (!order_.empty() && order_.front()->changes.front()->event.item.modified == revision) {
      Table& table = *order_.front();
      window_bytes_ -= table.changes.front()->bytes;
      table.changes.pop_front();
      table.dropped = revision;
      order_.pop_front();
    }
  }
}

Result<std::vector<ChangeRef>> Tables::changesSince(const Range& range, Revision after) const {
  if (after > current_) {
    return fail(Code::kInvalid,
                cat("revision ", after, " lies in the future, the newest is ", current_));
  }
  std::vector<ChangeRef> out;
  const auto found = tables_.find(TableKey(range.cluster, range.resource));
  // A table in which nothing was dropped since can be watched from before the common limit, but not
  // from before this process started: what happened then is not known.
  const Revision limit = found == tables_.end() ? 0 : found->second.dropped;
  if (after < limit || after < restored_) {
    return fail(Code::kExpired,
                cat("revision ", after, " is compacted, the oldest is ", compacted_));
  }
  if (found == tables_.end()) return out;
  auto at = found->second.changes.end();
  while (at != found->second.changes.begin() && (*std::prev(at))->event.item.modified > after) --at;
  for (; at != found->second.changes.end(); ++at) {
    if (range.contains((*at)->event.item.key)) out.push_back(*at);
  }
  return out;
}

void Tables::restore(Item item) {
  Table& table = tables_[TableKey(item.key.cluster, item.key.resource)];
  table.rows.insert_or_assign(pack(item.key.ns, item.key.name),
                              Version{std::move(item.value), item.created, item.modified});
}

void Tables::restoreErase(const Key& key) {
  tables_[TableKey(key.cluster, key.resource)].rows.erase(pack(key.ns, key.name));
}

void Tables::finishRestore(Revision revision) {
  current_ = compacted_ = restored_ = revision;
}

std::vector<Item> Tables::all() const {
  std::vector<Item> out;
  out.reserve(size());
  for (const auto& [key, table] : tables_) {
    for (const auto& [packed, version] : table.rows) out.push_back(makeItem(key, packed, version));
  }
  return out;
}

}  // namespace meshka::store
