#include "mesh/install/owner.h"

#include "base/assert.h"
#include "base/strings.h"

namespace meshka::mesh {

using doc::Draft;

namespace {

struct Row {
  std::string_view kind, group, version, plural;
  bool namespaced;
};
// In the order of removal: webhooks before what answers them, what acts before what it needs.
constexpr Row kRows[] = {
    {"IstioOperator", "install.istio.io", "v1alpha1", "istiooperators", true},
    {"MutatingWebhookConfiguration", "admissionregistration.k8s.io", "v1",
     "mutatingwebhookconfigurations", false},
    {"ValidatingWebhookConfiguration", "admissionregistration.k8s.io", "v1",
     "validatingwebhookconfigurations", false},
    {"HorizontalPodAutoscaler", "autoscaling", "v1", "horizontalpodautoscalers", true},
    {"PodDisruptionBudget", "policy", "v1", "poddisruptionbudgets", true},
    {"Deployment", "apps", "v1", "deployments", true},
    {"Service", "", "v1", "services", true},
    {"ConfigMap", "", "v1", "configmaps", true},
    {"ServiceAccount", "", "v1", "serviceaccounts", true},
    {"RoleBinding", "rbac.authorization.k8s.io", "v1", "rolebindings", true},
    {"Role", "rbac.authorization.k8s.io", "v1", "roles", true},
    {"EnvoyFilter", "networking.istio.io", "v1alpha3", "envoyfilters", true},
    {"ClusterRole", "rbac.authorization.k8s.io", "v1", "clusterroles", false},
    {"ClusterRoleBinding", "rbac.authorization.k8s.io", "v1", "clusterrolebindings", false},
    {"CustomResourceDefinition", "apiextensions.k8s.io", "v1", "customresourcedefinitions", false},
};

std::string ownerName(const Installation& installation) {
  return installation.name.empty() ? "unknown" : installation.name;
}

}  // namespace

doc::Doc withOwner(const doc::Doc& object, std::string_view component,
                   const Installation& installation) {
  Draft out(object);
  Draft& labels = out["metadata"]["labels"];
  labels["operator.istio.io/managed"] = "Reconcile";
  labels["operator.istio.io/version"] = kIstioVersion;
  labels[kOwnerComponent] = component;
  labels[kRevisionLabel] = installation.revision.empty() ? "default" : installation.revision;
  labels[kOwningResource] = ownerName(installation);
  labels[kOwningNamespace] = installation.ns;
  return out.finish();
}

std::string ownerSelector(const Installation& installation) {
  return cat(kOwningResource, "=", ownerName(installation), ",", kOwningNamespace, "=",
             installation.ns, ",", kRevisionLabel, "=",
             installation.revision.empty() ? "default" : installation.revision);
}

client::Resource resourceOf(doc::Value object) {
  const std::string_view kind = object["kind"].text();
  const std::vector<std::string_view> parts = split(object["apiVersion"].text(), '/');
  for (const Row& row : kRows) {
    if (row.kind == kind)
      return {std::string(row.group), std::string(parts.back()), std::string(row.plural)};
  }
  const bool is_installed_kind = false;
  MESHKA_ASSERT(is_installed_kind);
  return {};
}

std::vector<OwnedKind> ownedKinds() {
  std::vector<OwnedKind> out;
  for (const Row& row : kRows) {
    if (row.kind == "CustomResourceDefinition") continue;
    out.push_back({row.kind,
                   {std::string(row.group), std::string(row.version), std::string(row.plural)},
                   row.namespaced});
  }
  return out;
}

}  // namespace meshka::mesh
