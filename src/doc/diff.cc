#include "doc/diff.h"

#include <algorithm>

#include "base/strings.h"
#include "doc/pointer.h"

namespace meshka::doc {
namespace {

struct Search {
  std::vector<std::string> found;
  size_t limit;

  void compare(Value a, Value b, const std::string& path) {
    if (found.size() >= limit || a == b) return;
    if (a.isArray() && b.isArray() && a.size() == b.size()) {
      for (size_t i = 0; i < a.size(); ++i) compare(a[i], b[i], cat(path, "/", i));
      return;
    }
    if (!a.isObject() || !b.isObject()) return found.push_back(path);
    size_t i = 0;
    size_t k = 0;
    while (i < a.size() || k < b.size()) {
      const bool left = i < a.size() && (k >= b.size() || a.keyAt(i) <= b.keyAt(k));
      const bool right = k < b.size() && (i >= a.size() || b.keyAt(k) <= a.keyAt(i));
      const std::string step = cat(path, "/", escapePointerStep(left ? a.keyAt(i) : b.keyAt(k)));
      compare(left ? a[i] : Value(), right ? b[k] : Value(), step);
      if (left) ++i;
      if (right) ++k;
    }
  }
};

}  // namespace

std::vector<std::string> changedPointers(Value before, Value after, size_t limit) {
  Search search{.found = {}, .limit = limit};
  search.compare(before, after, "");
  return std::move(search.found);
}

}  // namespace meshka::doc
