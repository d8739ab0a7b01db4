#include "apiserver/auth/rbac_index.h"

#include "base/strings.h"

namespace meshka::apiserver {

using doc::Value;

namespace {

constexpr std::string_view kGroup = "rbac.authorization.k8s.io";

std::string subjectKey(Value subject, std::string_view binding_ns) {
  const std::string_view kind = subject["kind"].text();
  const std::string_view name = subject["name"].text();
  if (kind == "Group") return cat("g:", name);
  if (kind == "ServiceAccount") {
    return cat("u:system:serviceaccount:", subject["namespace"].text(binding_ns), ":", name);
  }
  return cat("u:", name);
}

// Of a key made by subjectKey.
std::string shownSubject(std::string_view key) {
  constexpr std::string_view kAccount = "u:system:serviceaccount:";
  if (key.starts_with(kAccount)) {
    const auto parts = split(key.substr(kAccount.size()), ':');
    if (parts.size() == 2) return cat("ServiceAccount \"", parts[1], "/", parts[0], "\"");
  }
  return cat(key[0] == 'g' ? "Group" : "User", " \"", key.substr(2), "\"");
}

bool labelsMatch(Value selector, Value labels) {
  for (const auto [key, value] : selector["matchLabels"].members()) {
    if (!labels[key].exists() || labels[key].text() != value.text()) return false;
  }
  for (const Value expression : selector["matchExpressions"].elements()) {
    const Value label = labels[expression["key"].text()];
    const std::string_view op = expression["operator"].text();
    bool in = false;
    for (const Value value : expression["values"].elements())
      in = in || (label.exists() && value.text() == label.text());
    if (op == "In" && !in) return false;
    if (op == "NotIn" && in) return false;
    if (op == "Exists" && !label.exists()) return false;
    if (op == "DoesNotExist" && label.exists()) return false;
  }
  return true;
}

}  // namespace

Result<void> RbacIndex::start() {
  for (const char* plural : {"roles", "clusterroles", "rolebindings", "clusterrolebindings"}) {
    const store::Range range{cluster_, cat(kGroup, "/", plural), std::nullopt};
    MESHKA_TRY(const store::Page page, store_.list(range));
    for (const store::Item& item : page.items) take(item, false);
    MESHKA_TRY(auto subscription, store_.watch(range, page.revision, *this));
    subscriptions_.push_back(std::move(subscription));
  }
  return {};
}

void RbacIndex::onEvents(const std::vector<const store::Event*>& events) {
  for (const store::Event* event : events)
    take(event->item, event->type == store::EventType::kDelete);
}

void RbacIndex::take(const store::Item& item, bool gone) {
  const Name name{item.key.ns, item.key.name};
  if (item.key.resource.ends_with("bindings")) return takeBinding(name, item.value, gone);
  if (item.key.ns.empty()) aggregated_.clear();
  if (gone) {
    roles_.erase(name);
    return;
  }
  roles_[name] = Role{item.value, compileRules(item.value["rules"])};
}

void RbacIndex::takeBinding(const Name& name, Value object, bool gone) {
  if (const auto old = bindings_.find(name); old != bindings_.end()) {
    for (const std::string& subject : old->second.subjects) {
      auto& names = by_subject_[subject];
      names.erase(name);
      if (names.empty()) by_subject_.erase(subject);
    }
    bindings_.erase(old);
  }
  if (gone) return;
  Binding binding{std::string(object["roleRef"]["kind"].text()),
                  std::string(object["roleRef"]["name"].text()),
                  {}};
  for (const Value subject : object["subjects"].elements()) {
    binding.subjects.push_back(subjectKey(subject, name.first));
    by_subject_[binding.subjects.back()].insert(name);
  }
  bindings_.emplace(name, std::move(binding));
}

const std::vector<PolicyRule>* RbacIndex::rulesOf(std::string_view kind, std::string_view ns,
                                                  std::string_view name) {
  if (kind == "Role" && ns.empty())
    return nullptr;  // cluster-wide bindings bind cluster roles only
  const Name key{kind == "Role" ? std::string(ns) : std::string(), std::string(name)};
  const auto role = roles_.find(key);
  if (role == roles_.end()) return nullptr;
  const Value selectors = role->second.object["aggregationRule"]["clusterRoleSelectors"];
  if (selectors.size() == 0 || kind == "Role") return &role->second.rules;
  if (const auto known = aggregated_.find(key.second); known != aggregated_.end())
    return &known->second;
  std::vector<PolicyRule> rules = role->second.rules;
  for (const auto& [other, candidate] : roles_) {
    if (!other.first.empty() || other == key) continue;
    for (const Value selector : selectors.elements()) {
      if (!labelsMatch(selector, candidate.object["metadata"]["labels"])) continue;
      // An aggregate may be part of another (edit is part of admin): one level of its own rules is
      // not enough.
      if (candidate.object["aggregationRule"].exists()) {
        for (const Value inner :
             candidate.object["aggregationRule"]["clusterRoleSelectors"].elements()) {
          for (const auto& [third, part] : roles_) {
            if (third.first.empty() && third != key &&
                labelsMatch(inner, part.object["metadata"]["labels"])) {
              rules.insert(rules.end(), part.rules.begin(), part.rules.end());
            }
          }
        }
      }
      rules.insert(rules.end(), candidate.rules.begin(), candidate.rules.end());
      break;
    }
  }
  return &(aggregated_[key.second] = std::move(rules));
}

void RbacIndex::visitGrants(const User& user, std::string_view ns, Visit visit) {
  std::vector<std::string> subjects = {cat("u:", user.name)};
  for (const std::string& group : user.groups) subjects.push_back(cat("g:", group));
  for (const std::string& subject : subjects) {
    const auto names = by_subject_.find(subject);
    if (names == by_subject_.end()) continue;
    for (const Name& name : names->second) {
      if (!name.first.empty() && name.first != ns) continue;
      const Binding& binding = bindings_.at(name);
      const auto* rules = rulesOf(binding.role_kind, name.first, binding.role_name);
      if (rules == nullptr) continue;
      const std::string shown = name.first.empty()
                                    ? cat("ClusterRoleBinding \"", name.second, "\"")
                                    : cat("RoleBinding \"", name.second, "/", name.first, "\"");
      const std::string role = cat(binding.role_kind, " \"", binding.role_name, "\"");
      if (!visit(Grant{*rules, shown, role, shownSubject(subject)})) return;
    }
  }
}

}  // namespace meshka::apiserver
