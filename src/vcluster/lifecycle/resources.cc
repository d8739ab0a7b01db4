#include "vcluster/lifecycle/resources.h"

#include "base/assert.h"

namespace meshka::vcluster {

client::Resource resourceOf(doc::Value object) {
  struct Row {
    std::string_view kind, group, version, plural;
  };
  constexpr Row kRows[] = {
      {"Namespace", "", "v1", "namespaces"},
      {"ServiceAccount", "", "v1", "serviceaccounts"},
      {"Service", "", "v1", "services"},
      {"Secret", "", "v1", "secrets"},
      {"ConfigMap", "", "v1", "configmaps"},
      {"ResourceQuota", "", "v1", "resourcequotas"},
      {"LimitRange", "", "v1", "limitranges"},
      {"StatefulSet", "apps", "v1", "statefulsets"},
      {"Role", "rbac.authorization.k8s.io", "v1", "roles"},
      {"RoleBinding", "rbac.authorization.k8s.io", "v1", "rolebindings"},
      {"ClusterRole", "rbac.authorization.k8s.io", "v1", "clusterroles"},
      {"ClusterRoleBinding", "rbac.authorization.k8s.io", "v1", "clusterrolebindings"},
      {"NetworkPolicy", "networking.k8s.io", "v1", "networkpolicies"}};
  const std::string_view kind = object["kind"].text();
  for (const Row& row : kRows) {
    if (row.kind == kind)
      return {std::string(row.group), std::string(row.version), std::string(row.plural)};
  }
  const bool is_chart_kind = false;
  MESHKA_ASSERT(is_chart_kind);
  return {};
}

}  // namespace meshka::vcluster
