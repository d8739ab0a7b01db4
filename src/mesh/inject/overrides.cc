#include "mesh/inject/overrides.h"

#include <string_view>

#include "doc/merge_patch.h"

namespace meshka::mesh {
namespace {

using doc::Draft;

std::string_view mergeKey(std::string_view member) {
  if (member == "env") return "name";
  if (member == "ports") return "containerPort";
  if (member == "volumeMounts") return "mountPath";
  return {};
}

void mergeList(Draft& list, doc::Value wishes, std::string_view key) {
  for (const doc::Value wish : wishes.elements()) {
    bool found = false;
    for (size_t i = 0; i < list.size() && !found; ++i) {
      const Draft* at = list.at(i).find(key);
      if (at == nullptr || !at->equals(wish[key])) continue;
      list.at(i) = Draft(wish);
      found = true;
    }
    if (!found) list.push(Draft(wish));
  }
}

}  // namespace

void applyOverrides(Draft& container, doc::Value wishes) {
  for (const auto [member, value] : wishes.members()) {
    if (member == "name" || (member == "image" && value.text() == "auto")) continue;
    const std::string_view key = mergeKey(member);
    if (!key.empty() && value.isArray()) {
      mergeList(container[member], value, key);
    } else if (value.isObject() && container.contains(member)) {
      container[member] = Draft(doc::applyMergePatch(container[member].finish(), value));
    } else {
      container[member] = Draft(value);
    }
  }
}

}  // namespace meshka::mesh
