#include "apiserver/auth/rbac_rules.h"

#include <algorithm>

#include "base/strings.h"

namespace meshka::apiserver {

namespace {

using Strings = std::vector<std::string>;

bool has(const Strings& list, std::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}
bool hasOrAll(const Strings& list, std::string_view value) {
  return has(list, "*") || has(list, value);
}

bool resourceMatches(const Strings& resources, std::string_view resource,
                     std::string_view subresource) {
  if (has(resources, "*")) return true;
  if (subresource.empty()) return has(resources, resource);
  return has(resources, cat(resource, "/", subresource)) || has(resources, cat("*/", subresource));
}

bool urlMatches(const Strings& urls, std::string_view path) {
  for (const std::string& url : urls) {
    if (url == "*" || url == path) return true;
    if (url.ends_with('*') && path.starts_with(std::string_view(url).substr(0, url.size() - 1)))
      return true;
  }
  return false;
}

Strings strings(doc::Value list) {
  Strings out;
  for (const doc::Value v : list.elements()) out.emplace_back(v.text());
  return out;
}

std::string quoted(const std::string& text) {
  return cat("[\"", text, "\"]");
}

// One verb on one resource (or URL): what coverage is decided by.
struct Atom {
  std::string verb, group, resource, name, url;
  std::string show() const {
    if (!url.empty()) return cat("{NonResourceURLs:", quoted(url), ", Verbs:", quoted(verb), "}");
    return cat("{APIGroups:", quoted(group), ", Resources:", quoted(resource),
               name.empty() ? std::string() : cat(", ResourceNames:", quoted(name)),
               ", Verbs:", quoted(verb), "}");
  }
};

std::vector<Atom> atomsOf(const PolicyRule& rule) {
  std::vector<Atom> out;
  const Strings all_names = rule.names.empty() ? Strings{""} : rule.names;
  for (const std::string& verb : rule.verbs) {
    for (const std::string& url : rule.urls) out.push_back({verb, "", "", "", url});
    for (const std::string& group : rule.groups) {
      for (const std::string& resource : rule.resources) {
        for (const std::string& name : all_names) out.push_back({verb, group, resource, name, ""});
      }
    }
  }
  return out;
}

bool covers(const PolicyRule& rule, const Atom& atom) {
  if (!hasOrAll(rule.verbs, atom.verb)) return false;
  if (!atom.url.empty()) return urlMatches(rule.urls, atom.url);
  if (!hasOrAll(rule.groups, atom.group)) return false;
  if (!rule.names.empty() && (atom.name.empty() || !has(rule.names, atom.name))) return false;
  const size_t slash = atom.resource.find('/');
  const std::string_view resource = std::string_view(atom.resource).substr(0, slash);
  const std::string_view sub = slash == std::string::npos
                                   ? std::string_view()
                                   : std::string_view(atom.resource).substr(slash + 1);
  return resourceMatches(rule.resources, resource, sub);
}

}  // namespace

bool PolicyRule::allows(const Attributes& wanted) const {
  if (!hasOrAll(verbs, wanted.verb)) return false;
  if (!wanted.isResource()) return urlMatches(urls, wanted.path);
  return hasOrAll(groups, wanted.group) &&
         resourceMatches(resources, wanted.resource, wanted.subresource) &&
         (names.empty() || (!wanted.name.empty() && has(names, wanted.name)));
}

std::vector<PolicyRule> compileRules(doc::Value rules) {
  std::vector<PolicyRule> out;
  for (const doc::Value rule : rules.elements()) {
    out.push_back({strings(rule["verbs"]), strings(rule["apiGroups"]), strings(rule["resources"]),
                   strings(rule["resourceNames"]), strings(rule["nonResourceURLs"])});
  }
  return out;
}

std::vector<std::string> notCovered(const std::vector<PolicyRule>& held,
                                    const std::vector<PolicyRule>& wanted) {
  std::vector<std::string> missing;
  for (const PolicyRule& rule : wanted) {
    for (const Atom& atom : atomsOf(rule)) {
      const bool covered = std::any_of(held.begin(), held.end(),
                                       [&](const PolicyRule& h) { return covers(h, atom); });
      if (!covered) missing.push_back(atom.show());
    }
  }
  return missing;
}

}  // namespace meshka::apiserver
