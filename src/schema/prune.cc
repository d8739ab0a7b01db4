#include "schema/prune.h"

#include <vector>

#include "schema/field_error.h"
#include "schema/limits.h"

namespace meshka::schema {
namespace {

using doc::Draft;
using doc::Value;

// What is to be removed below one node: whole members, and what is to be removed further inside.
struct Cut {
  std::string key;   // the step from the parent: a member,
  size_t index = 0;  // or an element
  bool element = false;
  std::vector<std::string> members;
  std::vector<Cut> inner;
  bool empty() const { return members.empty() && inner.empty(); }

  void go(std::string_view member, Cut cut) {
    if (cut.empty()) return;
    cut.key = member;
    inner.push_back(std::move(cut));
  }
  void go(size_t at, Cut cut) {
    if (cut.empty()) return;
    cut.index = at;
    cut.element = true;
    inner.push_back(std::move(cut));
  }
};

void apply(const Cut& cut, Draft& draft) {
  for (const std::string& name : cut.members) draft.erase(name);
  for (const Cut& inner : cut.inner) {
    if (inner.element)
      apply(inner, draft.at(inner.index));
    else if (Draft* member = draft.find(inner.key))
      apply(inner, *member);
  }
}

doc::Doc finish(const Cut& cut, const doc::Doc& object) {
  if (cut.empty()) return object;
  Draft draft(object);
  apply(cut, draft);
  return draft.finish();
}

Cut unknown(const Schema& schema, Value value, const std::string& path, uint8_t minor,
            uint32_t depth, std::vector<std::string>* dropped) {
  Cut cut;
  if (depth > kMaxWalkDepth) return cut;
  if (value.isArray() && schema.items != nullptr) {
    for (size_t i = 0; i < value.size(); i++) {
      cut.go(i, unknown(*schema.items, value[i], indexed(path, i), minor, depth + 1, dropped));
    }
  }
  if (!value.isObject()) return cut;
  for (auto [key, member] : value.members()) {
    const Property* property = schema.property(key);
    const Schema* next =
        property != nullptr && property->visible(minor) ? property->schema : schema.additional;
    if (next != nullptr) {
      cut.go(key, unknown(*next, member, child(path, key), minor, depth + 1, dropped));
    } else if (!schema.open()) {
      cut.members.emplace_back(key);
      if (dropped != nullptr) dropped->push_back(child(path, key));
    }
  }
  return cut;
}

Cut nulls(const Schema& schema, Value value, uint32_t depth) {
  Cut cut;
  if (depth > kMaxWalkDepth) return cut;
  if (value.isArray() && schema.items != nullptr) {
    for (size_t i = 0; i < value.size(); i++) {
      cut.go(i, nulls(*schema.items, value[i], depth + 1));
    }
  }
  if (!value.isObject()) return cut;
  for (auto [key, member] : value.members()) {
    const Property* property = schema.property(key);
    const Schema* next = property != nullptr ? property->schema : schema.additional;
    if (next == nullptr) continue;  // inside of what is not known, null is data
    if (member.isNull()) {
      // A built-in type has no nullable field; a custom one loses only what a default replaces.
      bool custom = next->name.empty() && schema.name.empty();
      bool drop = custom ? !next->nullable && !next->default_json.empty()
                         : property != nullptr && next->special != Special::kJson;
      if (drop) cut.members.emplace_back(key);
      continue;
    }
    cut.go(key, nulls(*next, member, depth + 1));
  }
  return cut;
}

}  // namespace

doc::Doc prune(const Schema& schema, const doc::Doc& object, uint8_t minor,
               std::vector<std::string>* dropped) {
  return finish(unknown(schema, object, "", minor, 0, dropped), object);
}

doc::Doc dropNulls(const Schema& schema, const doc::Doc& object) {
  return finish(nulls(schema, object, 0), object);
}

}  // namespace meshka::schema
