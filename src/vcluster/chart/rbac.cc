// What the control plane may do on the host: everything in its own namespace that the syncer needs,
// and the nodes when it shows them.
#include "base/strings.h"
#include "vcluster/chart/parts.h"

namespace meshka::vcluster::chart {

using doc::Draft;

namespace {

Draft rule(std::vector<std::string> groups, std::vector<std::string> resources,
           std::vector<std::string> verbs) {
  return Draft::object({{"apiGroups", Draft::strings(groups)},
                        {"resources", Draft::strings(resources)},
                        {"verbs", Draft::strings(verbs)}});
}

const std::vector<std::string> kWrite = {"create", "delete", "patch", "update",
                                         "get",    "list",   "watch"};
const std::vector<std::string> kRead = {"get", "list", "watch"};

void append(std::vector<doc::Doc>& out, Draft object, std::string_view api_version,
            std::string_view kind, Draft meta) {
  object["apiVersion"] = api_version;
  object["kind"] = kind;
  object["metadata"] = std::move(meta);
  out.push_back(object.finish());
}

Draft binding(const ChartInput& input, std::string_view role_kind, const std::string& role) {
  return Draft::object(
      {{"subjects", Draft::array({Draft::object({{"kind", "ServiceAccount"},
                                                 {"name", cat("vc-", input.tenant.name)},
                                                 {"namespace", input.tenant.host_namespace}})})},
       {"roleRef",
        Draft::object(
            {{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", role_kind}, {"name", role}})}});
}

}  // namespace

void appendRbac(const ChartInput& input, std::vector<doc::Doc>& out) {
  constexpr std::string_view kRbac = "rbac.authorization.k8s.io/v1";
  const std::string& name = input.tenant.name;
  append(out, Draft::object(), "v1", "ServiceAccount", metadata(input, cat("vc-", name)));
  append(out, Draft::object({{"automountServiceAccountToken", false}}), "v1", "ServiceAccount",
         metadata(input, cat("vc-workload-", name)));

  Draft rules = Draft::array({
      rule({""},
           {"configmaps", "secrets", "services", "pods", "pods/attach", "pods/portforward",
            "pods/exec", "endpoints", "persistentvolumeclaims"},
           kWrite),
      rule({""}, {"events", "pods/log", "pods/status", "services/status"}, kRead),
      rule({"discovery.k8s.io"}, {"endpointslices"}, kRead),
      rule({"apps"}, {"statefulsets", "replicasets", "deployments"}, kRead),
  });
  append(out, Draft::object({{"rules", std::move(rules)}}), kRbac, "Role", metadata(input, name));
  append(out, binding(input, "Role", name), kRbac, "RoleBinding", metadata(input, name));

  if (!input.values.cluster_role && !input.values.syncer.sync_nodes) return;
  const std::string cluster_name = cat("vc-", name, "-v-", input.tenant.host_namespace);
  Draft cluster_rules = Draft::array({rule({""}, {"nodes", "nodes/status"}, kRead)});
  append(out, Draft::object({{"rules", std::move(cluster_rules)}}), kRbac, "ClusterRole",
         metadata(input, cluster_name, false));
  append(out, binding(input, "ClusterRole", cluster_name), kRbac, "ClusterRoleBinding",
         metadata(input, cluster_name, false));
}

}  // namespace meshka::vcluster::chart
