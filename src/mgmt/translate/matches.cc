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

bool same(const Draft& a, const Draft& b) {
  return a.finish() == b.finish();
}

// Two conditions on the path: the narrower, when one implies the other.
std::optional<Draft> bothPaths(const Draft& outer, const Draft& inner) {
  if (same(outer, inner)) return inner;
  const Draft* outer_prefix = outer.find("prefix");
  const Draft* inner_prefix = inner.find("prefix");
  const Draft* outer_exact = outer.find("exact");
  const Draft* inner_exact = inner.find("exact");
  if (outer_prefix != nullptr) {
    const Draft* text = inner_exact != nullptr ? inner_exact : inner_prefix;
    if (text != nullptr && text->text().starts_with(outer_prefix->text())) return inner;
  }
  if (inner_prefix != nullptr) {
    const Draft* text = outer_exact != nullptr ? outer_exact : outer_prefix;
    if (text != nullptr && text->text().starts_with(inner_prefix->text())) return outer;
  }
  return std::nullopt;  // two regexes, too: they cannot be joined
}

}  // namespace

std::optional<Draft> bothMatch(const Draft& outer, const Draft& inner) {
  Draft match = outer;
  for (const std::string& key : inner.keys()) {
    const Draft& value = *inner.find(key);
    const Draft* there = outer.find(key);
    if (there == nullptr) {
      match[key] = value;
    } else if (key == "uri") {
      auto path = bothPaths(*there, value);
      if (!path) return std::nullopt;
      match[key] = std::move(*path);
    } else if (key == "headers" || key == "withoutHeaders" || key == "queryParams") {
      for (const std::string& name : value.keys()) {
        const Draft* condition = there->find(name);
        if (condition != nullptr && !same(*condition, *value.find(name))) return std::nullopt;
        match[key][name] = *value.find(name);
      }
    } else if (!same(*there, value)) {
      return std::nullopt;
    }
  }
  return match;
}

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
