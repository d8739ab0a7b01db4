#include "doc/chart_values.h"

#include <algorithm>

#include "base/strings.h"

namespace meshka::doc {
namespace {

const ChartKey* findKey(std::span<const ChartKey> keys, std::string_view path) {
  for (const ChartKey& key : keys) {
    if (key.path == path) return &key;
    if (key.path.ends_with(".*") && path.starts_with(key.path.substr(0, key.path.size() - 1)))
      return &key;
  }
  return nullptr;
}

bool hasBelow(std::span<const ChartKey> keys, std::string_view path) {
  const std::string prefix = cat(path, ".");
  return std::ranges::any_of(keys,
                             [&](const ChartKey& key) { return key.path.starts_with(prefix); });
}

void check(Value value, std::span<const ChartKey> keys, const std::string& path,
           std::vector<std::string>& warnings) {
  for (const auto [name, child] : value.members()) {
    const std::string at = path.empty() ? std::string(name) : cat(path, ".", name);
    if (child.isObject() && hasBelow(keys, at)) {
      check(child, keys, at, warnings);
      continue;
    }
    const ChartKey* key = findKey(keys, at);
    if (key == nullptr) {
      warnings.push_back(cat("values: ", at, " is not a known key and has no effect"));
    } else if (key->use == KeyUse::kNotYet) {
      warnings.push_back(cat("values: ", at, " is not supported yet and has no effect"));
    } else if (key->use == KeyUse::kNoEffect) {
      warnings.push_back(cat("values: ", at, " has no effect here"));
    }
  }
}

bool absent(Value value) {
  return !value.exists() || value.isNull();
}

}  // namespace

Doc mergeValues(Value base, Value over) {
  if (!base.isObject() || !over.isObject()) return over.exists() ? over.doc() : base.doc();
  Draft out(base);
  for (const auto [key, value] : over.members()) out[key] = Draft(mergeValues(base[key], value));
  return out.finish();
}

std::vector<std::string> valuesWithoutEffect(Value typed, std::span<const ChartKey> keys) {
  std::vector<std::string> warnings;
  check(typed, keys, "", warnings);
  return warnings;
}

Value ValuesReader::at(std::string_view path) const {
  Value value = root_;
  for (const std::string_view step : split(path, '.')) value = value[step];
  return value;
}

Result<void> ValuesReader::boolean(std::string_view path, bool& into) const {
  const Value value = at(path);
  if (absent(value)) return {};
  if (value.kind() != Kind::kBool)
    return fail(Code::kInvalid, cat("values: ", path, " must be true or false"));
  into = value.boolean();
  return {};
}

Result<void> ValuesReader::text(std::string_view path, std::string& into) const {
  const Value value = at(path);
  if (absent(value)) return {};
  if (value.kind() == Kind::kInt) {
    into = cat(value.integer());  // --set tag=2 gives a number
    return {};
  }
  if (!value.isString()) return fail(Code::kInvalid, cat("values: ", path, " must be a string"));
  into = value.text();
  return {};
}

Result<void> ValuesReader::port(std::string_view path, uint16_t& into) const {
  const Value value = at(path);
  if (absent(value)) return {};
  const int64_t number = value.isString() ? parseInt(value.text()).value_or(0) : value.integer();
  if (number < 1 || number > 65535)
    return fail(Code::kInvalid, cat("values: ", path, " must be a port from 1 to 65535"));
  into = static_cast<uint16_t>(number);
  return {};
}

}  // namespace meshka::doc
