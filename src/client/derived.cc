#include "client/derived.h"

#include "base/strings.h"

namespace meshka::client {

Source::Source(Collection& collection) : collection_(collection) {
  collection_.addHandler(*this);
}
Source::~Source() {
  collection_.removeHandler(*this);
}

void Source::addIndex(std::string name, std::vector<std::string> (*function)(doc::Value)) {
  collection_.addIndex(name, function);
  indexes_[std::move(name)] = function;
}

void Source::attach(Dependent& dependent) {
  dependents_.push_back(&dependent);
  // What is there already; a collection that has not told us yet tells both of us later.
  for (const doc::Doc& object : collection_.list()) {
    if (told_.contains(ObjectKey::of(object))) dependent.onObject(this, {}, object);
  }
}

void Source::detach(Dependent& dependent) {
  std::erase(dependents_, &dependent);
}

void Source::onChange(const ObjectKey& key, const doc::Doc& before, const doc::Doc& after) {
  if (after.exists())
    told_.insert(key);
  else
    told_.erase(key);
  for (Dependent* dependent : dependents_) dependent->onObject(this, before, after);
  wake("*");
  wake(cat("@", key.ns));
  wake(cat("=", key.ns, "/", key.name));
  for (const auto& [name, function] : indexes_) {
    std::set<std::string> values;
    for (const doc::Doc* object : {&before, &after}) {
      if (!object->exists()) continue;
      for (std::string& value : function(*object)) values.insert(std::move(value));
    }
    for (const std::string& value : values) wake(cat("#", name, "/", value));
  }
}

void Source::onSynced() {
  for (Dependent* dependent : dependents_) dependent->onInputSynced();
}

void Source::wake(const std::string& what) {
  const auto found = readers_.find(what);
  if (found == readers_.end()) return;
  for (const auto& [dependent, node] : found->second) dependent->onInputChanged(node);
}

void Fetch::record(Source& source, std::string what) {
  source.readers_[what].insert({&dependent_, node_});
  reads_.insert({&source, std::move(what)});
}

void Fetch::forget() {
  for (const auto& [source, what] : reads_) {
    const auto found = source->readers_.find(what);
    if (found == source->readers_.end()) continue;
    found->second.erase({&dependent_, node_});
    if (found->second.empty()) source->readers_.erase(found);
  }
  reads_.clear();
}

const doc::Doc* Fetch::get(Source& source, std::string_view ns, std::string_view name) {
  record(source, cat("=", ns, "/", name));
  return source.collection_.get(ns, name);
}

std::vector<doc::Doc> Fetch::list(Source& source, std::string_view ns) {
  record(source, ns.empty() ? std::string("*") : cat("@", ns));
  return source.collection_.list(ns);
}

std::vector<doc::Doc> Fetch::byIndex(Source& source, std::string_view index,
                                     std::string_view value) {
  MESHKA_ASSERT(source.indexes_.contains(index));
  record(source, cat("#", index, "/", value));
  return source.collection_.byIndex(index, value);
}

}  // namespace meshka::client
