// The default roles: every role against verbs and sample resources, so that a change of the policy
// is a change here.
#include "apiserver/auth/bootstrap_policy.h"

#include <algorithm>
#include "apiserver/auth/rbac_rules.h"

#include "base/test/test.h"

namespace meshka::apiserver {
namespace {

std::vector<doc::Doc> policy() {
  auto out = defaultPolicy();
  EXPECT_OK(out);
  return out ? std::move(*out) : std::vector<doc::Doc>();
}

std::vector<PolicyRule> rulesOf(const std::vector<doc::Doc>& all, std::string_view name) {
  for (const doc::Doc& o : all) {
    if (o["kind"].text() == "ClusterRole" && o["metadata"]["name"].text() == name)
      return compileRules(o["rules"]);
  }
  meshka::test::report(__FILE__, __LINE__, cat("no role ", name));
  return {};
}

// "pods/exec", "apps:deployments/scale", "/healthz".
Attributes asked(std::string_view verb, std::string_view what) {
  Attributes a;
  a.verb = verb;
  if (what.starts_with('/')) {
    a.path = what;
    return a;
  }
  const size_t colon = what.find(':');
  if (colon != std::string_view::npos) {
    a.group = what.substr(0, colon);
    what.remove_prefix(colon + 1);
  }
  const size_t slash = what.find('/');
  a.resource = what.substr(0, slash);
  if (slash != std::string_view::npos) a.subresource = what.substr(slash + 1);
  a.ns = "default";
  a.name = "x";
  return a;
}

TEST(DefaultPolicy, RolesTimesVerbs) {
  constexpr std::string_view kRoles[] = {"cluster-admin",
                                         "admin",
                                         "edit",
                                         "view",
                                         "system:basic-user",
                                         "system:discovery",
                                         "system:public-info-viewer",
                                         "system:auth-delegator",
                                         "system:node",
                                         "system:kube-scheduler"};
  constexpr std::string_view kVerbs[] = {"get",         "list",     "watch",  "create",
                                         "update",      "patch",    "delete", "deletecollection",
                                         "impersonate", "escalate", "bind",   "approve"};
  constexpr std::string_view kTargets[] = {
      "pods",
      "pods/log",
      "pods/exec",
      "pods/attach",
      "pods/portforward",
      "pods/proxy",
      "pods/status",
      "pods/eviction",
      "pods/binding",
      "pods/ephemeralcontainers",
      "services",
      "services/proxy",
      "endpoints",
      "configmaps",
      "secrets",
      "events",
      "serviceaccounts",
      "serviceaccounts/token",
      "namespaces",
      "nodes",
      "nodes/proxy",
      "nodes/status",
      "persistentvolumes",
      "resourcequotas",
      "users",
      "groups",
      "apps:deployments",
      "apps:deployments/scale",
      "apps:deployments/status",
      "batch:jobs",
      "networking.k8s.io:networkpolicies",
      "discovery.k8s.io:endpointslices",
      "coordination.k8s.io:leases",
      "rbac.authorization.k8s.io:roles",
      "rbac.authorization.k8s.io:rolebindings",
      "rbac.authorization.k8s.io:clusterroles",
      "rbac.authorization.k8s.io:clusterrolebindings",
      "authorization.k8s.io:subjectaccessreviews",
      "authorization.k8s.io:selfsubjectaccessreviews",
      "authorization.k8s.io:localsubjectaccessreviews",
      "authentication.k8s.io:tokenreviews",
      "certificates.k8s.io:certificatesigningrequests",
      "certificates.k8s.io:certificatesigningrequests/approval",
      "apiextensions.k8s.io:customresourcedefinitions",
      "admissionregistration.k8s.io:mutatingwebhookconfigurations",
      "/healthz",
      "/version",
      "/metrics",
      "/apis/apps/v1",
      "/debug/pprof/"};
  const auto all = policy();
  std::string table;
  for (std::string_view role : kRoles) {
    const auto rules = rulesOf(all, role);
    table += cat("# ", role, "\n");
    for (std::string_view target : kTargets) {
      std::string verbs;
      size_t count = 0;
      for (std::string_view verb : kVerbs) {
        bool allowed = false;
        for (const PolicyRule& rule : rules) allowed = allowed || rule.allows(asked(verb, target));
        if (!allowed) continue;
        verbs += cat(" ", verb);
        ++count;
      }
      if (count != 0) table += cat(target, ":", count == std::size(kVerbs) ? " *" : verbs, "\n");
    }
  }
  EXPECT_GOLDEN(table, "auth/testdata/default_roles.txt");
}

// The sentences that the table must never contradict, whatever else changes.
TEST(DefaultPolicy, NoEscalationByBuiltInRoles) {
  const auto all = policy();
  const auto may = [&](std::string_view role, std::string_view verb, std::string_view what) {
    for (const PolicyRule& rule : rulesOf(all, role)) {
      if (rule.allows(asked(verb, what))) return true;
    }
    return false;
  };
  for (std::string_view role : {"view", "edit", "admin"}) {
    for (std::string_view verb : {"escalate", "bind"}) {
      EXPECT_FALSE(may(role, verb, "rbac.authorization.k8s.io:clusterroles"));
      EXPECT_FALSE(may(role, verb, "rbac.authorization.k8s.io:roles"));
    }
    EXPECT_FALSE(may(role, "create", "namespaces"));
    EXPECT_FALSE(may(role, "update", "resourcequotas"));
    EXPECT_FALSE(may(role, "get", "nodes/proxy"));
    EXPECT_FALSE(may(role, "impersonate", "users"));
    EXPECT_FALSE(may(role, "create", "rbac.authorization.k8s.io:clusterrolebindings"));
    EXPECT_FALSE(may(role, "update", "endpoints"));  // CVE-2021-25740
    EXPECT_FALSE(may(role, "create", "discovery.k8s.io:endpointslices"));
  }
  // A viewer reads no secrets (he could become any service account by them) and runs nothing.
  EXPECT_FALSE(may("view", "get", "secrets"));
  for (std::string_view what :
       {"pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "serviceaccounts/token"}) {
    EXPECT_FALSE(may("view", "create", what));
    EXPECT_FALSE(may("view", "get", what));
  }
  EXPECT_FALSE(may("view", "impersonate", "serviceaccounts"));
  EXPECT_TRUE(may("edit", "impersonate",
                  "serviceaccounts"));  // documented; therefore edit is as good as its accounts
  EXPECT_FALSE(may("edit", "get", "rbac.authorization.k8s.io:roles"));
  EXPECT_TRUE(may("admin", "create", "rbac.authorization.k8s.io:rolebindings"));
}

TEST(DefaultPolicy, ObjectsAreComplete) {
  size_t roles = 0, bindings = 0, aggregated = 0;
  std::vector<std::string> names;
  const auto all = policy();
  for (const doc::Doc& o : all) {
    names.push_back(cat(o["kind"].text(), "/", o["metadata"]["namespace"].text(), "/",
                        o["metadata"]["name"].text()));
    EXPECT_EQ(o["apiVersion"].text(), "rbac.authorization.k8s.io/v1");
    EXPECT_EQ(o["metadata"]["labels"]["kubernetes.io/bootstrapping"].text(), "rbac-defaults");
    const bool binding = o["kind"].text().ends_with("Binding");
    (binding ? bindings : roles)++;
    if (o["aggregationRule"].exists()) ++aggregated;
    for (doc::Value rule : o["rules"].elements()) {
      EXPECT_FALSE(rule["verbs"].empty());
      EXPECT_TRUE(rule["nonResourceURLs"].empty() != rule["resources"].empty());
      EXPECT_TRUE(rule["resources"].empty() || !rule["apiGroups"].empty());
    }
    if (!binding) EXPECT_FALSE(o["rules"].empty());
    // No binding points nowhere.
    bool found = !binding;
    for (const doc::Doc& r : all) {
      found = found || (r["kind"].text() == o["roleRef"]["kind"].text() &&
                        r["metadata"]["name"].text() == o["roleRef"]["name"].text());
    }
    EXPECT_TRUE(found);
  }
  EXPECT_EQ(roles > 30 && bindings > 12, true);
  EXPECT_EQ(aggregated, 3u);
  std::sort(names.begin(), names.end());
  EXPECT_TRUE(std::adjacent_find(names.begin(), names.end()) == names.end());
}

TEST(DefaultPolicy, Reconciling) {
  const auto all = policy();
  doc::Doc wanted;
  for (const doc::Doc& o : all) {
    if (o["kind"].text() == "ClusterRoleBinding" &&
        o["metadata"]["name"].text() == "system:discovery")
      wanted = o;
  }
  ASSERT_TRUE(wanted.exists());
  EXPECT_FALSE(reconciled(wanted, wanted).exists());
  doc::Draft changed(wanted);
  changed["subjects"] = doc::Draft::array();
  EXPECT_TRUE(reconciled(changed.finish(), wanted).exists());
  changed["metadata"]["annotations"]["rbac.authorization.kubernetes.io/autoupdate"] = "false";
  EXPECT_FALSE(reconciled(changed.finish(), wanted).exists());
  for (const doc::Doc& o : all) {
    if (o["metadata"]["name"].text() != "view" || o["kind"].text() != "ClusterRole") continue;
    EXPECT_FALSE(reconciled(o, o).exists());
  }
}

}  // namespace
}  // namespace meshka::apiserver
