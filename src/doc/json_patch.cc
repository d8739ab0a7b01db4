#include "doc/json_patch.h"

#include <algorithm>
#include <optional>

#include "base/strings.h"
#include "doc/block.h"
#include "doc/limits.h"
#include "doc/pointer.h"

namespace meshka::doc {
namespace {

using Steps = std::vector<std::string>;

std::unexpected<Error> malformed(std::string message) {
  return fail(Error(Code::kInvalid, "BadRequest", std::move(message)));
}
std::unexpected<Error> refused(std::string message) {
  return fail(Error(Code::kInvalid, "Invalid", std::move(message)));
}

size_t depthOf(Value v) {
  size_t deepest = 0;
  for (size_t i = 0; i < v.size(); ++i) deepest = std::max(deepest, depthOf(v[i]));
  return v.isArray() || v.isObject() ? deepest + 1 : deepest;
}

// An index below `end`; no sign, no leading zeros.
std::optional<size_t> parseIndex(std::string_view step, size_t end) {
  if (step.empty() || step.size() > 9 || (step.size() > 1 && step[0] == '0')) return std::nullopt;
  if (step.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  const auto index = static_cast<size_t>(*parseInt(step));
  return index < end ? std::optional(index) : std::nullopt;
}

struct Operation {
  std::string_view op;
  std::string_view path_text;
  Steps path;
  Steps from;
  std::string_view from_text;
  Value value;
};

Result<Operation> parseOperation(Value v) {
  if (!v.isObject()) return malformed("invalid JSON patch: every operation must be an object");
  Operation out{.op = v["op"].text(),
                .path_text = v["path"].text(),
                .from_text = v["from"].text(),
                .value = v["value"]};
  constexpr std::string_view kOps[] = {"add", "remove", "replace", "move", "copy", "test"};
  if (std::find(std::begin(kOps), std::end(kOps), out.op) == std::end(kOps)) {
    return malformed(cat("Unexpected kind: ", v["op"].exists() ? out.op : "unknown"));
  }
  if (!v["path"].isString()) return malformed(cat(out.op, " operation without a path"));
  const auto steps = [&](std::string_view text) -> Result<Steps> {
    auto result = parsePointer(text);
    if (!result) return malformed(result.error().message());
    if (result->size() > kMaxPatchedDepth) return malformed("JSON pointer has too many steps");
    return std::move(*result);
  };
  MESHKA_TRY(out.path, steps(out.path_text));
  if (out.op == "move" || out.op == "copy") {
    if (!v["from"].isString()) return malformed(cat(out.op, " operation without a from"));
    MESHKA_TRY(out.from, steps(out.from_text));
  }
  if ((out.op == "add" || out.op == "replace") && !v["value"].exists()) {
    return malformed(cat(out.op, " operation without a value"));
  }
  return out;
}

class Applier {
 public:
  explicit Applier(Value document) : root_(document), depth_bound_(depthOf(document)) {}

  Result<void> apply(const Operation& o) {
    if (o.op == "add") return add(o, o.value, depthOf(o.value));
    if (o.op == "remove") return remove(o.op, o.path, o.path_text);
    if (o.op == "replace") return replace(o);
    if (o.op == "test") return test(o);
    return moveOrCopy(o);
  }
  Doc finish() const { return root_.finish(); }

 private:
  Draft* find(const Steps& steps, size_t count) {
    Draft* at = &root_;
    for (size_t i = 0; i < count && at != nullptr; ++i) {
      if (at->isArray()) {
        const auto index = parseIndex(steps[i], at->size());
        at = index ? &at->at(*index) : nullptr;
      } else {
        at = at->find(steps[i]);
      }
    }
    return at;
  }

  std::unexpected<Error> missing(std::string_view op, std::string_view path) {
    return refused(
        cat(op, " operation does not apply: doc is missing path: \"", path, "\": missing value"));
  }

  Result<void> checkDepth(size_t steps, size_t depth) {
    depth_bound_ = std::max(depth_bound_, steps + depth);
    if (steps + depth <= kMaxPatchedDepth) return {};
    return refused(cat("the patched document is nested deeper than ", kMaxPatchedDepth, " levels"));
  }
  // Depth of what is moved. An upper bound is enough as long as it is small; then it is measured, a
  // few times.
  size_t depthBelow(const Draft& source, size_t from_steps, size_t to_steps) {
    const size_t bound = depth_bound_ > from_steps ? depth_bound_ - from_steps : 1;
    if (bound + to_steps <= kMaxPatchedDepth || ++measured_ > kMaxMeasured) return bound;
    return depthOf(source.finish());
  }

  Result<void> add(const Operation& o, Draft value, size_t depth) {
    MESHKA_CHECK(checkDepth(o.path.size(), depth));
    if (o.path.empty()) {
      root_ = std::move(value);
      return {};
    }
    Draft* parent = find(o.path, o.path.size() - 1);
    const std::string& last = o.path.back();
    if (parent != nullptr && parent->isObject()) {
      (*parent)[last] = std::move(value);
      return {};
    }
    if (parent == nullptr || !parent->isArray()) return missing(o.op, o.path_text);
    const auto index =
        last == "-" ? std::optional(parent->size()) : parseIndex(last, parent->size() + 1);
    if (!index) {
      return refused(cat(o.op, " operation does not apply: error in add for path: '", o.path_text,
                         "': Unable to access invalid index: ", last,
                         ": invalid index referenced"));
    }
    parent->insert(*index, std::move(value));
    return {};
  }

  Result<void> remove(std::string_view op, const Steps& path, std::string_view path_text) {
    if (path.empty())
      return refused(cat(op, " operation does not apply: the document itself cannot be removed"));
    Draft* parent = find(path, path.size() - 1);
    if (parent == nullptr) return missing(op, path_text);
    if (parent->isArray()) {
      const auto index = parseIndex(path.back(), parent->size());
      if (!index) {
        return refused(cat("error in remove for path: '", path_text,
                           "': Unable to access invalid index: ", path.back(),
                           ": invalid index referenced"));
      }
      parent->eraseAt(*index);
      return {};
    }
    if (parent->erase(path.back())) return {};
    return refused(cat("error in remove for path: '", path_text,
                       "': Unable to remove nonexistent key: ", path.back(), ": missing value"));
  }

  Result<void> replace(const Operation& o) {
    Draft* at = find(o.path, o.path.size());
    if (at == nullptr) {
      return refused(cat("replace operation does not apply: doc is missing key: ", o.path_text,
                         ": missing value"));
    }
    MESHKA_CHECK(checkDepth(o.path.size(), depthOf(o.value)));
    *find(o.path, o.path.size()) = o.value;
    return {};
  }

  Result<void> test(const Operation& o) {
    const Draft* at = find(o.path, o.path.size());
    // What is absent equals null, as in the API server.
    const bool equal =
        at != nullptr ? at->equals(o.value) : (!o.value.exists() || o.value.isNull());
    if (equal) return {};
    return refused(cat("testing value ", o.path_text, " failed: test failed"));
  }

  Result<void> moveOrCopy(const Operation& o) {
    const bool move = o.op == "move";
    if (move && o.path.size() > o.from.size() &&
        std::equal(o.from.begin(), o.from.end(), o.path.begin())) {
      return refused(
          cat("move operation does not apply: ", o.from_text, " cannot be moved into itself"));
    }
    Draft* source = find(o.from, o.from.size());
    if (source == nullptr) return missing(o.op, o.from_text);
    if (move) {
      if (o.from == o.path) return {};
      const size_t depth = depthBelow(*source, o.from.size(), o.path.size());
      Draft value = std::move(*source);
      MESHKA_CHECK(remove(o.op, o.from, o.from_text));
      return add(o, std::move(value), depth);
    }
    const Doc value = source->finish();
    copied_bytes_ += BlockBuilder::sizeOf(value);
    if (copied_bytes_ > kMaxPatchCopyBytes) {
      return fail(Code::kTooLarge, cat("the copy operations of a JSON patch may copy ",
                                       kMaxPatchCopyBytes, " bytes"));
    }
    return add(o, Draft(value), depthOf(value));
  }

  static constexpr size_t kMaxMeasured = 20;
  Draft root_;
  size_t depth_bound_;
  size_t measured_ = 0;
  size_t copied_bytes_ = 0;
};

}  // namespace

Result<Doc> applyJsonPatch(Value document, Value patch) {
  if (!patch.isArray()) return malformed("invalid JSON patch: it must be an array of operations");
  if (patch.size() > kMaxPatchOperations) {
    return fail(Code::kTooLarge, cat("The allowed maximum operations in a JSON patch is ",
                                     kMaxPatchOperations, ", got ", patch.size()));
  }
  std::vector<Operation> operations;
  for (Value v : patch.elements()) {
    MESHKA_TRY(Operation operation, parseOperation(v));
    operations.push_back(std::move(operation));
  }
  Applier applier(document);
  for (const Operation& operation : operations) MESHKA_CHECK(applier.apply(operation));
  return applier.finish();
}

}  // namespace meshka::doc
