#include "schema/defaulting.h"

#include <memory>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "doc/json.h"
#include "schema/builtin_defaults.h"
#include "schema/limits.h"

namespace meshka::schema {
namespace {

using doc::Draft;
using doc::Value;

// A default's JSON as a Draft; scalars, which are nearly all, are read without a parser.
Draft parseDefault(std::string_view json) {
  if (json == "true") return Draft(true);
  if (json == "false") return Draft(false);
  if (json == "{}") return Draft::object();
  if (json == "[]") return Draft::array();
  if (json.size() >= 2 && json.front() == '"' && json.find('\\') == std::string_view::npos) {
    return Draft(json.substr(1, json.size() - 2));
  }
  if (std::optional<int64_t> number = parseInt(json)) return Draft(*number);
  Result<doc::Doc> parsed = doc::parseJson(json);
  return parsed ? Draft(*parsed) : Draft();
}

// What is to be set below one node, here and further inside.
struct Edit {
  std::string_view key;  // the step from the parent: a member,
  size_t index = 0;      // or an element
  bool element = false;
  std::vector<std::pair<std::string_view, Draft>> set;
  std::vector<Edit> inner;
  bool empty() const { return set.empty() && inner.empty(); }

  void go(std::string_view member, Edit edit) {
    if (edit.empty()) return;
    edit.key = member;
    inner.push_back(std::move(edit));
  }
  void go(size_t at, Edit edit) {
    if (edit.empty()) return;
    edit.index = at;
    edit.element = true;
    inner.push_back(std::move(edit));
  }
};

void apply(Edit& edit, Draft& draft) {
  for (auto& [name, value] : edit.set) draft[name] = std::move(value);
  for (Edit& inner : edit.inner)
    apply(inner, inner.element ? draft.at(inner.index) : draft[inner.key]);
}

Edit missing(const Schema& schema, Value value, uint8_t minor, uint32_t depth);

Draft defaultFor(const Schema& schema, uint8_t minor, uint32_t depth) {
  Draft draft = parseDefault(schema.default_json);
  if (!draft.isObject() && !draft.isArray()) return draft;
  doc::Doc made = draft.finish();
  Edit edit = missing(schema, made, minor, depth + 1);
  apply(edit, draft);
  return draft;
}

Edit missing(const Schema& schema, Value value, uint8_t minor, uint32_t depth) {
  Edit edit;
  if (depth > kMaxWalkDepth) return edit;
  if (value.isArray() && schema.items != nullptr) {
    for (size_t i = 0; i < value.size(); i++) {
      edit.go(i, missing(*schema.items, value[i], minor, depth + 1));
    }
    return edit;
  }
  if (!value.isObject()) return edit;
  if (schema.has_defaults) {
    for (const Property& property : schema.properties) {
      const Schema& next = *property.schema;
      if (next.default_json.empty() || !property.visible(minor)) continue;
      Value member = value[property.name];
      bool absent = !member.exists() || (member.isNull() && !next.nullable);
      if (absent) edit.set.emplace_back(property.name, defaultFor(next, minor, depth));
    }
  }
  for (auto [key, member] : value.members()) {
    if (!member.isObject() && !member.isArray()) continue;
    const Property* property = schema.property(key);
    const Schema* next = property != nullptr ? property->schema : schema.additional;
    if (next != nullptr) edit.go(key, missing(*next, member, minor, depth + 1));
  }
  return edit;
}

}  // namespace

doc::Doc applyDefaults(const Schema& schema, const doc::Doc& object, uint8_t minor) {
  Edit edit = missing(schema, object, minor, 0);
  if (edit.empty()) return object;
  Draft draft(object);
  apply(edit, draft);
  return draft.finish();
}

doc::Doc applyAllDefaults(const Schema& schema, const doc::Doc& object, uint8_t minor) {
  // Computed defaults may make parents (strategy.rollingUpdate) whose members have constant ones.
  doc::Doc first = applyDefaults(schema, object, minor);
  doc::Doc computed = applyComputedDefaults(schema, first);
  return applyDefaults(schema, computed, minor);
}

}  // namespace meshka::schema
