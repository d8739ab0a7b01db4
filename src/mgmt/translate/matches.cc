#include "mgmt/translate/matches.h"

#include <string_view>
#include <utility>

#include "base/strings.h"

namespace meshka::mgmt {

using doc::Draft;
using doc::Value;

namespace {

std::string escapeRegex(std::string_view literal) {
  std::string out;
  for (const char c : literal) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

// value and regex of a header or a query parameter; neither: it only has to be there.
Draft valueMatch(Value entry) {
  if (!entry["value"].exists() || entry["value"].text().empty()) {
    return Draft::object({{"regex", ".*"}});
  }
  const char* how = entry["regex"].boolean() ? "regex" : "exact";
  return Draft::object({{how, entry["value"].text()}});
}

Result<void> addNamed(Draft& match, Value list, const char* field, const std::string& path) {
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string_view name = list[i]["name"].text();
    if (name.empty())
      return fail(Code::kInvalid, cat(path, ".", field, "[", i, "].name is required"));
    const bool inverted = list[i]["invertMatch"].boolean();
    const bool header = std::string_view(field) == "headers";
    const std::string key = header ? toLower(name) : std::string(name);
    Draft& where = match[inverted ? "withoutHeaders" : (header ? "headers" : "queryParams")];
    if (where.contains(key)) {
      return fail(Code::kInvalid,
                  cat(path, ".", field, "[", i, "]: ", name, " is matched twice; use one regex"));
    }
    where[key] = valueMatch(list[i]);
  }
  return {};
}

}  // namespace

Result<Draft> stringMatch(Value match, const std::string& path) {
  for (const char* how : {"exact", "prefix", "regex"}) {
    if (match[how].exists()) return Draft::object({{how, match[how].text()}});
  }
  if (match["suffix"].exists()) {
    return Draft::object({{"regex", cat(".*", escapeRegex(match["suffix"].text()))}});
  }
  return fail(Code::kInvalid, cat(path, " needs one of exact, prefix, suffix, regex"));
}

Result<Draft> requestMatch(Value matcher, const std::string& path) {
  Draft match = Draft::object();
  for (const auto [key, value] : matcher.members()) {
    if (key != "name" && key != "uri" && key != "headers" && key != "queryParameters" &&
        key != "method") {
      return fail(Code::kInvalid, cat(path, ".", key, " is not a known key"));
    }
  }
  if (const Value uri = matcher["uri"]; uri.exists()) {
    MESHKA_TRY(match["uri"], stringMatch(uri, cat(path, ".uri")));
    if (uri["ignoreCase"].boolean()) match["ignoreUriCase"] = true;
  }
  MESHKA_CHECK(addNamed(match, matcher["headers"], "headers", path));
  MESHKA_CHECK(addNamed(match, matcher["queryParameters"], "queryParameters", path));
  if (const Value method = matcher["method"]; method.isString()) {
    match["method"]["exact"] = method.text();
  } else if (method.exists()) {
    MESHKA_TRY(match["method"], stringMatch(method, cat(path, ".method")));
  }
  return match;
}

std::vector<Draft> withSources(const std::vector<Draft>& matches,
                               const std::vector<Labels>& sources) {
  if (sources.empty()) return matches;
  std::vector<Draft> bases = matches;
  if (bases.empty()) bases.push_back(Draft::object());
  std::vector<Draft> out;
  for (const Draft& base : bases) {
    for (const Labels& labels : sources) {
      Draft match = base;
      for (const auto& [key, value] : labels) match["sourceLabels"][key] = value;
      out.push_back(std::move(match));
    }
  }
  return out;
}

}  // namespace meshka::mgmt
