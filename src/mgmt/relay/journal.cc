#include "mgmt/relay/journal.h"

#include "mgmt/limits.h"

namespace meshka::mgmt {

void Journal::set(const std::string& resource, const client::ObjectKey& key,
                  const doc::Doc& object) {
  const Reference reference{resource, key};
  const auto found = entries_.find(reference);
  const bool was_there = found != entries_.end() && found->second.object.exists();
  if (!was_there && !object.exists()) return;
  if (was_there && object.exists() && found->second.object == object) return;
  Entry& entry = entries_[reference];
  by_version_.erase(entry.version);
  tombstones_.erase(entry.version);
  entry = {++version_, object};
  by_version_.emplace(version_, reference);
  if (object.exists()) {
    objects_ += was_there ? 0 : 1;
    return;
  }
  --objects_;
  tombstones_.emplace(version_, reference);
  forgetOldDeletions();
}

void Journal::forgetOldDeletions() {
  while (tombstones_.size() > kMaxTombstones) {
    const auto oldest = tombstones_.begin();
    floor_ = oldest->first;
    by_version_.erase(oldest->first);
    entries_.erase(oldest->second);
    tombstones_.erase(oldest);
  }
}

std::optional<std::vector<Delta>> Journal::since(const std::string& session,
                                                 uint64_t version) const {
  if (session != session_ || version > version_ || version < floor_) return std::nullopt;
  return collect(version, false);
}

std::vector<Delta> Journal::everything() const {
  return collect(0, true);
}

std::vector<Delta> Journal::collect(uint64_t after, bool full) const {
  std::vector<Delta> out;
  Delta piece{.session = session_, .version = after, .full = full};
  size_t bytes = 0;
  bool empty = true;
  for (auto at = by_version_.upper_bound(after); at != by_version_.end(); ++at) {
    const auto& [resource, key] = at->second;
    const Entry& entry = entries_.at(at->second);
    piece.version = at->first;
    if (entry.object.exists()) {
      piece.upserts[resource].push_back(entry.object);
      bytes += entry.object.memoryBytes();
    } else if (!full) {
      piece.deletes[resource].push_back(key.toString());
      bytes += resource.size() + key.name.size();
    }
    empty = false;
    if (bytes < kRelayChunkBytes) continue;
    piece.last = !full;
    out.push_back(std::move(piece));
    piece = Delta{.session = session_, .version = at->first, .full = full};
    bytes = 0;
    empty = true;
  }
  if (!empty || full) {
    if (full) piece.version = version_;
    out.push_back(std::move(piece));
  }
  return out;
}

}  // namespace meshka::mgmt
