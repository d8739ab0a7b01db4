#include "doc/merge_patch.h"

namespace meshka::doc {
namespace {

Draft merged(Value target, Value patch) {
  if (!patch.isObject()) return patch;
  Draft out = target.isObject() ? Draft(target) : Draft::object();
  for (auto [key, value] : patch.members()) {
    if (value.isNull()) {
      out.erase(key);
    } else {
      out[key] = merged(target[key], value);
    }
  }
  return out;
}

}  // namespace

Doc applyMergePatch(Value target, Value patch) {
  return merged(target, patch).finish();
}

}  // namespace meshka::doc
