#include "mesh/install/template.h"

#include "base/assert.h"
#include "base/strings.h"

namespace meshka::mesh {

using doc::Draft;
using doc::Value;

namespace {

const Draft& valueOf(const TemplateValues& values, std::string_view name) {
  const auto found = values.find(name);
  MESHKA_ASSERT(found != values.end());
  return found->second;
}

Draft fillText(std::string_view text, const TemplateValues& values) {
  const size_t first = text.find('<');
  if (first == text.npos) return Draft(text);
  if (first == 0 && text.find('>') == text.size() - 1)
    return valueOf(values, text.substr(1, text.size() - 2));
  std::string out;
  while (!text.empty()) {
    const size_t open = text.find('<');
    const size_t close = open == text.npos ? text.npos : text.find('>', open);
    out += text.substr(0, open);
    if (close == text.npos) break;
    out += valueOf(values, text.substr(open + 1, close - open - 1)).text();
    text.remove_prefix(close + 1);
  }
  return Draft(out);
}

}  // namespace

Draft fillTemplate(Value pattern, const TemplateValues& values) {
  if (pattern.isString()) return fillText(pattern.text(), values);
  if (pattern.isArray()) {
    Draft out = Draft::array();
    for (const Value element : pattern.elements()) out.push(fillTemplate(element, values));
    return out;
  }
  if (!pattern.isObject()) return Draft(pattern);
  Draft out = Draft::object();
  for (const auto& [key, value] : pattern.members()) {
    Draft filled = fillTemplate(value, values);
    if (!filled.isNull()) out[key] = std::move(filled);
  }
  return out;
}

}  // namespace meshka::mesh
