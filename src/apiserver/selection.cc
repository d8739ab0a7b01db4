#include "apiserver/selection.h"

#include <algorithm>

#include "base/strings.h"

namespace meshka::apiserver {

namespace {

// How a selector sees a value: text as it is, numbers and booleans printed, absent as "".
std::string shown(doc::Value v) {
  switch (v.kind()) {
    case doc::Kind::kString:
      return std::string(v.text());
    case doc::Kind::kBool:
      return v.boolean() ? "true" : "false";
    case doc::Kind::kInt:
      return cat(v.integer());
    default:
      return {};
  }
}

// Where the hub form has a selectable field; empty: the kind does not offer it.
std::string pointerOf(const api::Kind& kind, std::string_view label) {
  if (label == "metadata.name") return "/metadata/name";
  if (label == "metadata.namespace" && kind.namespaced()) return "/metadata/namespace";
  for (const schema::FieldSelectorEntry& entry : kind.entry().field_selectors) {
    if (entry.label == label) return std::string(entry.path);
  }
  return {};
}

}  // namespace

Result<Selection> Selection::parse(const api::Kind& kind, std::string_view labels,
                                   std::string_view fields) {
  Selection out;
  MESHKA_TRY(out.labels_, api::LabelSelector::parse(labels));
  MESHKA_TRY(const api::FieldSelector selector, api::FieldSelector::parse(fields));
  for (const api::FieldTerm& term : selector.terms()) {
    std::string pointer = pointerOf(kind, term.field);
    if (pointer.empty())
      return fail(Code::kInvalid, cat("field label not supported: ", term.field));
    out.fields_.push_back({std::move(pointer), term.value, term.negated});
  }
  return out;
}

bool Selection::matches(doc::Value object) const {
  if (!labels_.selectsEverything() && !labels_.matches(object["metadata"]["labels"])) return false;
  return std::all_of(fields_.begin(), fields_.end(), [&](const Field& f) {
    return (shown(object.atPointer(f.pointer)) == f.value) != f.negated;
  });
}

}  // namespace meshka::apiserver
