#include "mgmt/lifecycle/resources.h"

#include "base/assert.h"

namespace meshka::mgmt::resources {

client::Resource ofObject(doc::Value object) {
  struct Row {
    std::string_view kind, group, version, plural;
  };
  constexpr Row kRows[] = {
      {"Namespace", "", "v1", "namespaces"},
      {"ServiceAccount", "", "v1", "serviceaccounts"},
      {"Service", "", "v1", "services"},
      {"Secret", "", "v1", "secrets"},
      {"ConfigMap", "", "v1", "configmaps"},
      {"Deployment", "apps", "v1", "deployments"},
      {"ClusterRole", "rbac.authorization.k8s.io", "v1", "clusterroles"},
      {"ClusterRoleBinding", "rbac.authorization.k8s.io", "v1", "clusterrolebindings"},
      {"CustomResourceDefinition", "apiextensions.k8s.io", "v1", "customresourcedefinitions"},
      {"Dashboard", "admin.gloo.solo.io", "v2", "dashboards"},
      {"KubernetesCluster", "admin.gloo.solo.io", "v2", "kubernetesclusters"}};
  const std::string_view kind = object["kind"].text();
  for (const Row& row : kRows) {
    if (row.kind == kind)
      return {std::string(row.group), std::string(row.version), std::string(row.plural)};
  }
  const bool is_chart_kind = false;
  MESHKA_ASSERT(is_chart_kind);
  return {};
}

client::Resource definedBy(doc::Value crd) {
  const doc::Value spec = crd["spec"];
  return {std::string(spec["group"].text()),
          std::string(spec["versions"][size_t{0}]["name"].text()),
          std::string(spec["names"]["plural"].text())};
}

}  // namespace meshka::mgmt::resources
