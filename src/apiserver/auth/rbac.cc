#include "apiserver/auth/rbac.h"

#include "base/strings.h"

namespace meshka::apiserver {

using doc::Value;

namespace {

constexpr std::string_view kRbacGroup = "rbac.authorization.k8s.io";

Error escalation(const User& user, std::string_view resource, std::string_view name,
                 std::vector<std::string> missing) {
  constexpr size_t kShown = 32;
  const size_t total = missing.size();
  if (total > kShown) missing.resize(kShown);
  std::string groups;
  for (const std::string& g : user.groups) groups += cat(groups.empty() ? "\"" : " \"", g, "\"");
  return Error(
      Code::kForbidden,
      cat(resource, ".", kRbacGroup, " \"", name, "\" is forbidden: user \"", user.name,
          "\" (groups=[", groups,
          "]) is attempting to grant RBAC permissions not currently held:\n", join(missing, "\n"),
          total > kShown ? cat("\n... ", total - kShown, " more") : std::string()));
}

}  // namespace

Decision RbacAuthorizer::authorize(const User& user, const Attributes& wanted) {
  if (user.inGroup(kGroupMasters)) return {true, ""};
  Decision decision;
  index_.visitGrants(user, wanted.ns, [&](const RbacIndex::Grant& grant) {
    for (const PolicyRule& rule : grant.rules) {
      if (!rule.allows(wanted)) continue;
      decision = {
          true, cat("RBAC: allowed by ", grant.binding, " of ", grant.role, " to ", grant.subject)};
      return false;
    }
    return true;
  });
  return decision;
}

std::vector<PolicyRule> RbacAuthorizer::rulesFor(const User& user, std::string_view ns) {
  std::vector<PolicyRule> out;
  if (user.inGroup(kGroupMasters)) {
    out.push_back({{"*"}, {"*"}, {"*"}, {}, {}});
    out.push_back({{"*"}, {}, {}, {}, {"*"}});
  }
  index_.visitGrants(user, ns, [&](const RbacIndex::Grant& grant) {
    out.insert(out.end(), grant.rules.begin(), grant.rules.end());
    return true;
  });
  return out;
}

bool RbacAuthorizer::mayVerb(const User& user, std::string_view verb, std::string_view resource,
                             std::string_view ns, std::string_view name) {
  Attributes wanted;
  wanted.verb = verb;
  wanted.group = kRbacGroup;
  wanted.version = "v1";
  wanted.resource = resource;
  wanted.ns = ns;
  wanted.name = name;
  return authorize(user, wanted).allowed;
}

Result<void> RbacAuthorizer::checkWrite(const User& user, std::string_view resource,
                                        std::string_view ns, Value before, Value after) {
  if (!after.exists() || user.inGroup(kGroupMasters)) return {};
  if (resource == "roles" || resource == "clusterroles")
    return checkRole(user, resource, ns, before, after);
  if (resource == "rolebindings" || resource == "clusterrolebindings")
    return checkBinding(user, resource, ns, before, after);
  return {};
}

Result<void> RbacAuthorizer::checkRole(const User& user, std::string_view resource,
                                       std::string_view ns, Value before, Value after) {
  const std::string_view name = after["metadata"]["name"].text();
  if (before["rules"] == after["rules"] && before["aggregationRule"] == after["aggregationRule"])
    return {};
  if (mayVerb(user, "escalate", resource, ns, name)) return {};
  std::vector<PolicyRule> wanted = compileRules(after["rules"]);
  // An aggregate grants whatever will ever match: only who holds everything may make one.
  if (after["aggregationRule"].exists() &&
      !(before["aggregationRule"] == after["aggregationRule"])) {
    wanted.push_back({{"*"}, {"*"}, {"*"}, {}, {}});
    wanted.push_back({{"*"}, {}, {}, {}, {"*"}});
  }
  std::vector<std::string> missing = notCovered(rulesFor(user, ns), wanted);
  if (missing.empty()) return {};
  return fail(escalation(user, resource, name, std::move(missing)));
}

Result<void> RbacAuthorizer::checkBinding(const User& user, std::string_view resource,
                                          std::string_view ns, Value before, Value after) {
  const std::string_view name = after["metadata"]["name"].text();
  const std::string_view role_kind = after["roleRef"]["kind"].text();
  const std::string_view role = after["roleRef"]["name"].text();
  if (before.exists() && before["roleRef"] == after["roleRef"] &&
      before["subjects"] == after["subjects"])
    return {};
  const bool is_role = role_kind == "Role";
  if (mayVerb(user, "bind", is_role ? "roles" : "clusterroles", ns, role)) return {};
  const auto* granted = index_.rulesOf(role_kind, ns, role);
  if (granted == nullptr) {
    return fail(Code::kNotFound,
                cat(is_role ? "roles." : "clusterroles.", kRbacGroup, " \"", role, "\" not found"));
  }
  std::vector<std::string> missing = notCovered(rulesFor(user, ns), *granted);
  if (missing.empty()) return {};
  return fail(escalation(user, resource, name, std::move(missing)));
}

}  // namespace meshka::apiserver
