#include "mgmt/relay/snapshot.h"

#include "base/strings.h"
#include "mgmt/limits.h"

namespace meshka::mgmt {

using client::ObjectKey;
using doc::Doc;

Result<bool> Snapshot::apply(const Delta& delta, std::vector<Change>& changes) {
  size_t count = 0;
  for (const auto& [resource, objects] : delta.upserts) count += objects.size();
  if ((delta.full ? staged_ : size()) + count > kMaxObjectsPerCluster) {
    return fail(Code::kTooLarge, cat("more than ", kMaxObjectsPerCluster, " objects"));
  }
  if (delta.full) {
    for (const auto& [resource, objects] : delta.upserts) {
      for (const Doc& object : objects) staging_[resource][ObjectKey::of(object)] = object;
    }
    staged_ += count;
    if (!delta.last) return false;
    replaceAll(changes);
    session_ = delta.session;
    version_ = delta.version;
    return true;
  }
  if (delta.session != session_ || delta.version < version_) {
    return fail(Code::kConflict, cat("session ", delta.session, " is not known here"));
  }
  for (const auto& [resource, objects] : delta.upserts) {
    for (const Doc& object : objects) {
      const ObjectKey key = ObjectKey::of(object);
      objects_[resource][key] = object;
      changes.push_back({resource, key, object});
    }
  }
  for (const auto& [resource, keys] : delta.deletes) {
    for (const std::string& text : keys) {
      const ObjectKey key = ObjectKey::parse(text);
      if (objects_[resource].erase(key) > 0) changes.push_back({resource, key, Doc()});
    }
  }
  version_ = delta.version;
  return true;
}

void Snapshot::replaceAll(std::vector<Change>& changes) {
  for (const auto& [resource, objects] : objects_) {
    const auto now = staging_.find(resource);
    for (const auto& [key, object] : objects) {
      if (now == staging_.end() || !now->second.contains(key))
        changes.push_back({resource, key, Doc()});
    }
  }
  for (const auto& [resource, objects] : staging_) {
    const auto before = objects_.find(resource);
    for (const auto& [key, object] : objects) {
      const auto old =
          before == objects_.end() ? decltype(before->second.end()){} : before->second.find(key);
      const bool same =
          before != objects_.end() && old != before->second.end() && old->second == object;
      if (!same) changes.push_back({resource, key, object});
    }
  }
  objects_ = std::move(staging_);
  dropPieces();
}

void Snapshot::restore(std::string session, uint64_t version, Objects objects) {
  session_ = std::move(session);
  version_ = version;
  objects_ = std::move(objects);
}

const Doc* Snapshot::get(const std::string& resource, const ObjectKey& key) const {
  const auto objects = objects_.find(resource);
  if (objects == objects_.end()) return nullptr;
  const auto found = objects->second.find(key);
  return found == objects->second.end() ? nullptr : &found->second;
}

size_t Snapshot::size() const {
  size_t out = 0;
  for (const auto& [resource, objects] : objects_) out += objects.size();
  return out;
}

}  // namespace meshka::mgmt
