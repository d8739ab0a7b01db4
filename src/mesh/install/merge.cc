// How layers of an IstioOperator are put together.
#include "base/strings.h"
#include "doc/yaml.h"
#include "mesh/install/operator.h"

namespace meshka::mesh {

using doc::Draft;
using doc::Value;

namespace {

// Lists that are maps in disguise, by the name of their field.
std::string_view mergeKeyOf(std::string_view field) {
  if (field == "ingressGateways" || field == "egressGateways" || field == "extensionProviders")
    return "name";
  if (field == "certificates") return "secretName";
  if (field == "configSources") return "address";
  return {};
}

Draft mergeNamed(Draft base, Value over, std::string_view key) {
  if (!base.isArray()) base = Draft::array();
  for (const Value element : over.elements()) {
    Draft* same = nullptr;
    for (size_t i = 0; i < base.size(); ++i) {
      const Draft* name = base.at(i).find(key);
      if (name != nullptr && name->text() == element[key].text()) same = &base.at(i);
    }
    if (same == nullptr) {
      base.push(mergeLayer(Draft::object(), element));
    } else {
      *same = mergeLayer(std::move(*same), element);
    }
  }
  return base;
}

// "a.b\.c[name:x]" in steps: "a", "b.c", "[name:x]".
std::vector<std::string> pathSteps(std::string_view path) {
  std::vector<std::string> out(1);
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '\\' && i + 1 < path.size() && path[i + 1] == '.') {
      out.back() += path[++i];
    } else if (path[i] == '.') {
      out.emplace_back();
    } else if (path[i] == '[') {
      const size_t close = path.find(']', i);
      out.emplace_back(path.substr(i, close == path.npos ? path.npos : close - i + 1));
      if (close == path.npos) break;
      i = close;
    } else {
      out.back() += path[i];
    }
  }
  std::erase(out, "");
  return out;
}

Draft* selectElement(Draft& list, std::string_view step) {
  if (!list.isArray() || step.size() < 3 || step.back() != ']') return nullptr;
  const std::string_view inner = step.substr(1, step.size() - 2);
  if (const auto index = parseInt(inner)) {
    if (*index < 0 || static_cast<size_t>(*index) >= list.size()) return nullptr;
    return &list.at(static_cast<size_t>(*index));
  }
  const size_t colon = inner.find(':');
  if (colon == inner.npos) return nullptr;
  for (size_t i = 0; i < list.size(); ++i) {
    Draft* key = list.at(i).find(inner.substr(0, colon));
    if (key != nullptr && key->text() == inner.substr(colon + 1)) return &list.at(i);
  }
  return nullptr;
}

}  // namespace

Draft mergeLayer(Draft base, Value over) {
  if (!over.isObject()) return Draft(over);
  if (!base.isObject()) base = Draft::object();
  for (const auto& [key, value] : over.members()) {
    if (value.isNull()) {
      base.erase(key);
      continue;
    }
    const std::string_view list_key = value.isArray() ? mergeKeyOf(key) : std::string_view();
    Draft* before = base.find(key);
    Draft old = before == nullptr ? Draft() : std::move(*before);
    base[key] = list_key.empty() ? mergeLayer(std::move(old), value)
                                 : mergeNamed(std::move(old), value, list_key);
  }
  return base;
}

Result<void> setPath(Draft& spec, std::string_view assignment) {
  const size_t equals = assignment.find('=');
  if (equals == assignment.npos || equals == 0 ||
      assignment.find('=', equals + 1) != assignment.npos)
    return fail(Code::kInvalid,
                cat("set flag ", assignment, " has incorrect format, must be path=value"));
  const std::string_view path = assignment.substr(0, equals);
  auto value = doc::parseYamlDocument(assignment.substr(equals + 1));
  if (!value) return fail(value.error().with(cat("set flag ", assignment)));
  MESHKA_CHECK(setAtPath(spec, path, *value));
  return {};
}

Result<void> setAtPath(Draft& root, std::string_view path, Value value) {
  const std::vector<std::string> steps = pathSteps(path);
  if (steps.empty()) return fail(Code::kInvalid, "the path is empty");
  Draft* at = &root;
  for (size_t i = 0; i < steps.size(); ++i) {
    const std::string& step = steps[i];
    if (step[0] == '[') {
      at = selectElement(*at, step);
      if (at == nullptr)
        return fail(Code::kInvalid, cat("path ", path, ": there is no element ", step));
      continue;
    }
    if (!at->isObject()) *at = Draft::object();
    if (i + 1 == steps.size() && value.isNull()) {
      at->erase(step);
      return {};
    }
    at = &(*at)[step];
  }
  *at = Draft(value);
  return {};
}

}  // namespace meshka::mesh
