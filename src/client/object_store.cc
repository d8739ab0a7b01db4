#include "client/object_store.h"

namespace meshka::client {
namespace {

// Of one object the revision tells; what has none (derived values) is compared.
bool isSame(const doc::Doc& a, const doc::Doc& b) {
  const std::string_view rv = a["metadata"]["resourceVersion"].text();
  if (rv.empty()) return a == b;
  return rv == b["metadata"]["resourceVersion"].text() &&
         a["metadata"]["uid"].text() == b["metadata"]["uid"].text();
}

}  // namespace

const doc::Doc* ObjectStore::get(std::string_view ns, std::string_view name) const {
  const auto found = objects_.find(KeyView{ns, name});
  return found == objects_.end() ? nullptr : &found->second;
}

std::vector<doc::Doc> ObjectStore::list(std::string_view ns) const {
  std::vector<doc::Doc> out;
  if (ns.empty()) {
    out.reserve(objects_.size());
    for (const auto& [key, object] : objects_) out.push_back(object);
    return out;
  }
  for (auto at = objects_.lower_bound(KeyView{ns, {}}); at != objects_.end() && at->first.ns == ns;
       ++at) {
    out.push_back(at->second);
  }
  return out;
}

std::vector<ObjectKey> ObjectStore::keys() const {
  std::vector<ObjectKey> out;
  out.reserve(objects_.size());
  for (const auto& [key, object] : objects_) out.push_back(key);
  return out;
}

void ObjectStore::addHandler(CollectionHandler& handler) {
  listeners_.push_back({&handler});
  replay_.armAfter(Duration{});
}

void ObjectStore::removeHandler(CollectionHandler& handler) {
  for (Listener& listener : listeners_) {
    if (listener.handler == &handler) listener.handler = nullptr;
  }
  dropRemoved();
}

void ObjectStore::dropRemoved() {
  if (telling_ > 0) return;
  std::erase_if(listeners_, [](const Listener& l) { return l.handler == nullptr; });
}

void ObjectStore::addIndex(std::string name, Collection::IndexFunction function) {
  Index& added = indexes_[std::move(name)];
  added.function = std::move(function);
  added.keys.clear();
  for (const auto& [key, object] : objects_) {
    for (std::string& value : added.function(object)) added.keys[std::move(value)].insert(&key);
  }
}

std::vector<doc::Doc> ObjectStore::byIndex(std::string_view name, std::string_view value) const {
  std::vector<doc::Doc> out;
  const auto found = indexes_.find(name);
  MESHKA_ASSERT(found != indexes_.end());
  const auto keys = found->second.keys.find(value);
  if (keys == found->second.keys.end()) return out;
  for (const ObjectKey* key : keys->second) out.push_back(objects_.find(*key)->second);
  return out;
}

void ObjectStore::unindex(const ObjectKey& key, doc::Value object) {
  for (auto& [name, index] : indexes_) {
    for (const std::string& value : index.function(object)) {
      const auto found = index.keys.find(value);
      if (found == index.keys.end()) continue;
      found->second.erase(&key);
      if (found->second.empty()) index.keys.erase(found);
    }
  }
}

void ObjectStore::index(const ObjectKey& key, doc::Value object) {
  for (auto& [name, index] : indexes_) {
    for (std::string& value : index.function(object)) index.keys[std::move(value)].insert(&key);
  }
}

void ObjectStore::put(const ObjectKey& key, doc::Doc object) {
  auto found = objects_.find(key);
  const doc::Doc before = found == objects_.end() ? doc::Doc() : found->second;
  if (!object.exists()) {
    if (found == objects_.end()) return;
    unindex(found->first, before);
    objects_.erase(found);
  } else {
    if (before.exists()) {
      if (isSame(before, object)) return;
      unindex(found->first, before);
      found->second = object;
    } else {
      found = objects_.emplace(key, object).first;
    }
    index(found->first, object);
  }
  tell(key, before, object);
}

void ObjectStore::replace(std::map<ObjectKey, doc::Doc> objects) {
  for (const ObjectKey& key : keys()) {
    if (!objects.contains(key)) put(key, {});
  }
  for (auto& [key, object] : objects) put(key, std::move(object));
}

void ObjectStore::tell(const ObjectKey& key, const doc::Doc& before, const doc::Doc& after) {
  ++telling_;
  // By index: a handler may add another one.
  for (size_t i = 0; i < listeners_.size(); ++i) {
    if (listeners_[i].live && listeners_[i].handler != nullptr) {
      listeners_[i].handler->onChange(key, before, after);
    }
  }
  --telling_;
  dropRemoved();
}

void ObjectStore::markSynced() {
  if (synced_) return;
  synced_ = true;
  ++telling_;
  for (size_t i = 0; i < listeners_.size(); ++i) {
    if (listeners_[i].live && listeners_[i].handler != nullptr) listeners_[i].handler->onSynced();
  }
  --telling_;
  dropRemoved();
}

void ObjectStore::replayNew() {
  ++telling_;
  for (size_t i = 0; i < listeners_.size(); ++i) {
    if (listeners_[i].live) continue;
    listeners_[i].live = true;
    // A copy, cheap by reference counts: a handler may change what it looks at.
    const auto snapshot = objects_;
    for (const auto& [key, object] : snapshot) {
      if (listeners_[i].handler == nullptr) break;
      listeners_[i].handler->onChange(key, {}, object);
    }
    if (synced_ && listeners_[i].handler != nullptr) listeners_[i].handler->onSynced();
  }
  --telling_;
  dropRemoved();
}

}  // namespace meshka::client
