#include "apiserver/auth/bootstrap_policy.h"

#include "apiserver/auth/rbac_rules.h"
#include "apiserver_auth/default_policy.h"  // generated: kDefaultPolicyYaml
#include "base/strings.h"
#include "doc/yaml.h"

namespace meshka::apiserver {
namespace {

constexpr std::string_view kGroup = "rbac.authorization.k8s.io";
constexpr std::string_view kAutoUpdate = "rbac.authorization.kubernetes.io/autoupdate";

doc::Draft object(std::string_view kind, std::string_view ns, std::string_view name) {
  doc::Draft out = doc::Draft::object();
  out["apiVersion"] = cat(kGroup, "/v1");
  out["kind"] = kind;
  doc::Draft& metadata = out["metadata"];
  metadata["name"] = name;
  if (!ns.empty()) metadata["namespace"] = ns;
  metadata["labels"]["kubernetes.io/bootstrapping"] = "rbac-defaults";
  metadata["annotations"][kAutoUpdate] = "true";
  return out;
}

// [verbs, apiGroups, resources, resourceNames] or [verbs, paths] of the compact form.
doc::Draft rules(doc::Value list) {
  doc::Draft out = doc::Draft::array();
  for (doc::Value r : list.elements()) {
    doc::Draft rule = doc::Draft::object();
    rule["verbs"] = r["verbs"];
    if (r["paths"].exists()) {
      rule["nonResourceURLs"] = r["paths"];
    } else {
      rule["apiGroups"] = r["groups"];
      rule["resources"] = r["resources"];
      if (r["names"].exists()) rule["resourceNames"] = r["names"];
    }
    out.push(std::move(rule));
  }
  return out;
}

// "Group system:masters", "User x", "ServiceAccount ns/name".
Result<doc::Draft> subject(std::string_view text) {
  const size_t space = text.find(' ');
  if (space == std::string_view::npos)
    return fail(Code::kInternal, cat("default policy: subject ", text));
  const std::string_view kind = text.substr(0, space), name = text.substr(space + 1);
  doc::Draft out = doc::Draft::object();
  out["kind"] = kind;
  if (kind == "ServiceAccount") {
    const size_t slash = name.find('/');
    out["namespace"] = name.substr(0, slash);
    out["name"] = name.substr(slash + 1);
  } else {
    out["apiGroup"] = kGroup;
    out["name"] = name;
  }
  return out;
}

Result<void> addBindings(std::vector<doc::Doc>& out, doc::Value list, std::string_view kind,
                         std::string_view ns) {
  for (auto [name, b] : list.members()) {
    doc::Draft binding = object(kind, ns, name);
    binding["roleRef"]["apiGroup"] = kGroup;
    binding["roleRef"]["kind"] = b["role"].exists() ? "Role" : "ClusterRole";
    binding["roleRef"]["name"] =
        b["role"].exists() ? b["role"].text() : b["clusterRole"].text(name);
    if (!b["subjects"].empty()) binding["subjects"] = doc::Draft::array();
    for (doc::Value s : b["subjects"].elements()) {
      MESHKA_TRY(doc::Draft parsed, subject(s.text()));
      binding["subjects"].push(std::move(parsed));
    }
    out.push_back(binding.finish());
  }
  return {};
}

// The rules that an aggregated role collects, those of aggregated parts (edit is part of admin)
// included.
void collect(const std::vector<doc::Doc>& objects, std::string_view label, int depth,
             doc::Draft& rules_out) {
  constexpr int kMaxDepth = 4;
  for (const doc::Doc& o : objects) {
    if (o["kind"].text() != "ClusterRole" || o["metadata"]["labels"][label].text() != "true")
      continue;
    for (doc::Value rule : o["rules"].elements()) rules_out.push(rule);
    if (!o["aggregationRule"].exists() || depth == kMaxDepth) continue;
    const doc::Value inner = o["aggregationRule"]["clusterRoleSelectors"][size_t{0}]["matchLabels"];
    collect(objects, inner.keyAt(0), depth + 1, rules_out);
  }
}

// Aggregated roles are stored with what they collect, as their controller writes them.
void fillAggregated(std::vector<doc::Doc>& objects) {
  std::vector<doc::Doc> out = objects;
  for (doc::Doc& o : out) {
    if (!o["aggregationRule"].exists()) continue;
    doc::Draft role(o);
    role["rules"] = doc::Draft::array();
    collect(objects,
            o["aggregationRule"]["clusterRoleSelectors"][size_t{0}]["matchLabels"].keyAt(0), 0,
            role["rules"]);
    o = role.finish();
  }
  objects = std::move(out);
}

}  // namespace

Result<std::vector<doc::Doc>> defaultPolicy() {
  MESHKA_TRY(const doc::Doc policy, doc::parseYamlDocument(kDefaultPolicyYaml));
  std::vector<doc::Doc> out;
  for (auto [name, r] : policy["clusterRoles"].members()) {
    doc::Draft role = object("ClusterRole", "", name);
    for (auto [key, value] : r["labels"].members()) role["metadata"]["labels"][key] = value;
    if (r["aggregate"].exists()) {
      doc::Draft selector = doc::Draft::object();
      selector["matchLabels"][r["aggregate"].text()] = "true";
      role["aggregationRule"]["clusterRoleSelectors"].push(std::move(selector));
    }
    role["rules"] = rules(r["rules"]);
    out.push_back(role.finish());
  }
  MESHKA_CHECK(addBindings(out, policy["clusterRoleBindings"], "ClusterRoleBinding", ""));
  for (auto [ns, list] : policy["roles"].members()) {
    for (auto [name, r] : list.members()) {
      doc::Draft role = object("Role", ns, name);
      role["rules"] = rules(r["rules"]);
      out.push_back(role.finish());
    }
  }
  for (auto [ns, list] : policy["roleBindings"].members()) {
    MESHKA_CHECK(addBindings(out, list, "RoleBinding", ns));
  }
  fillAggregated(out);
  return out;
}

doc::Doc reconciled(doc::Value stored, doc::Value wanted) {
  if (stored["metadata"]["annotations"][kAutoUpdate].text() == "false") return {};
  doc::Draft out(stored);
  bool changed = false;
  if (!wanted["aggregationRule"].exists()) {
    const auto held = compileRules(stored["rules"]);
    for (doc::Value rule : wanted["rules"].elements()) {
      doc::Draft one = doc::Draft::array();
      one.push(rule);
      if (notCovered(held, compileRules(one.finish())).empty()) continue;
      out["rules"].push(rule);
      changed = true;
    }
  }
  for (doc::Value subject : wanted["subjects"].elements()) {
    bool there = false;
    for (doc::Value s : stored["subjects"].elements()) {
      there = there || (s["kind"].text() == subject["kind"].text() &&
                        s["name"].text() == subject["name"].text() &&
                        s["namespace"].text() == subject["namespace"].text());
    }
    if (there) continue;
    out["subjects"].push(subject);
    changed = true;
  }
  for (auto [key, value] : wanted["metadata"]["labels"].members()) {
    if (stored["metadata"]["labels"][key] == value) continue;
    out["metadata"]["labels"][key] = value;
    changed = true;
  }
  return changed ? out.finish() : doc::Doc();
}

}  // namespace meshka::apiserver
