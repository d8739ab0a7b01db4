#include "mesh/inject/json_patch.h"

#include <string>
#include <string_view>

#include "base/strings.h"

namespace meshka::mesh {
namespace {

using doc::Draft;

std::string escaped(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

void compare(const std::string& path, doc::Value before, doc::Value after, Draft& patch) {
  if (before == after) return;
  if (!before.isObject() || !after.isObject()) {
    patch.push(Draft::object({{"op", "replace"}, {"path", path}, {"value", Draft(after)}}));
    return;
  }
  for (const auto [key, value] : before.members()) {
    if (!after[key].exists())
      patch.push(Draft::object({{"op", "remove"}, {"path", cat(path, "/", escaped(key))}}));
  }
  for (const auto [key, value] : after.members()) {
    const std::string at = cat(path, "/", escaped(key));
    if (before[key].exists()) {
      compare(at, before[key], value, patch);
    } else {
      patch.push(Draft::object({{"op", "add"}, {"path", at}, {"value", Draft(value)}}));
    }
  }
}

}  // namespace

doc::Doc jsonPatchOf(doc::Value before, doc::Value after) {
  Draft patch = Draft::array();
  compare("", before, after, patch);
  return patch.finish();
}

}  // namespace meshka::mesh
