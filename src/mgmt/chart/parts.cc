#include "mgmt/chart/parts.h"

#include "base/strings.h"

namespace meshka::mgmt::chart {

using doc::Draft;

Draft object(const Scope& scope, std::string_view api_version, std::string_view kind,
             std::string_view name, std::string_view app) {
  Draft out = Draft::object({{"apiVersion", api_version}, {"kind", kind}});
  out["metadata"] =
      Draft::object({{"name", name},
                     {"namespace", scope.ns},
                     {"labels", Draft::object({{"app", app},
                                               {kManagedByLabel.data(), kManagedBy},
                                               {"app.kubernetes.io/version", scope.version}})}});
  return out;
}

void appendAccount(const Scope& scope, std::string_view name, const std::vector<Rule>& rules,
                   std::vector<doc::Doc>& out) {
  constexpr std::string_view kRbac = "rbac.authorization.k8s.io/v1";
  out.push_back(object(scope, "v1", "ServiceAccount", name, name).finish());
  // Cluster-scoped: the namespace is part of the name, so that two installations are two.
  const std::string cluster_name = cat(name, "-", scope.ns);
  Draft role = object(scope, kRbac, "ClusterRole", cluster_name, name);
  Draft binding = object(scope, kRbac, "ClusterRoleBinding", cluster_name, name);
  role["metadata"].erase("namespace");
  binding["metadata"].erase("namespace");
  role["rules"] = Draft::array();
  for (const Rule& rule : rules) {
    role["rules"].push(Draft::object({{"apiGroups", Draft::strings(rule.groups)},
                                      {"resources", Draft::strings(rule.resources)},
                                      {"verbs", Draft::strings(rule.verbs)}}));
  }
  binding["subjects"] = Draft::array(
      {Draft::object({{"kind", "ServiceAccount"}, {"name", name}, {"namespace", scope.ns}})});
  binding["roleRef"] = Draft::object(
      {{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "ClusterRole"}, {"name", cluster_name}});
  out.push_back(role.finish());
  out.push_back(binding.finish());
}

Draft port(std::string_view name, uint16_t number) {
  return Draft::object({{"name", name}, {"containerPort", number}, {"protocol", "TCP"}});
}

Draft servicePort(std::string_view name, uint16_t number, std::string_view target) {
  return Draft::object(
      {{"name", name}, {"port", number}, {"targetPort", target}, {"protocol", "TCP"}});
}

doc::Doc service(const Scope& scope, std::string_view name, std::string_view type,
                 std::vector<Draft> ports) {
  Draft out = object(scope, "v1", "Service", name, name);
  out["spec"] = Draft::object({{"type", type},
                               {"ports", Draft::array(std::move(ports))},
                               {"selector", Draft::object({{"app", name}})}});
  return out.finish();
}

Draft container(std::string_view name, const std::string& image,
                const std::vector<std::string>& args) {
  Draft out = Draft::object({{"name", name}, {"image", image}, {"args", Draft::strings(args)}});
  out["imagePullPolicy"] = "IfNotPresent";
  out["securityContext"] =
      Draft::object({{"allowPrivilegeEscalation", false},
                     {"readOnlyRootFilesystem", true},
                     {"capabilities", Draft::object({{"drop", Draft::strings({"ALL"})}})}});
  return out;
}

Draft readiness(std::string_view path, std::string_view port) {
  Draft probe = Draft::object({{"periodSeconds", 10}, {"failureThreshold", 3}});
  if (path.empty())
    probe["tcpSocket"] = Draft::object({{"port", port}});
  else
    probe["httpGet"] = Draft::object({{"path", path}, {"port", port}});
  return probe;
}

doc::Doc deployment(const Scope& scope, Workload workload) {
  const Draft labels = Draft::object({{"app", workload.name}});
  Draft pod = Draft::object({{"serviceAccountName", workload.name},
                             {"terminationGracePeriodSeconds", 5},
                             {"containers", Draft::array(std::move(workload.containers))}});
  if (!workload.volumes.empty()) pod["volumes"] = Draft::array(std::move(workload.volumes));
  pod["securityContext"] = Draft::object({{"runAsUser", workload.run_as_user},
                                          {"runAsNonRoot", workload.run_as_user != 0},
                                          {"fsGroup", workload.run_as_user}});
  Draft meta = Draft::object({{"labels", labels}});
  if (!workload.pod_annotations.isNull()) meta["annotations"] = std::move(workload.pod_annotations);
  Draft out = object(scope, "apps/v1", "Deployment", workload.name, workload.name);
  out["spec"] = Draft::object(
      {{"replicas", 1},
       {"selector", Draft::object({{"matchLabels", labels}})},
       {"template", Draft::object({{"metadata", std::move(meta)}, {"spec", std::move(pod)}})}});
  return out.finish();
}

Draft secretVolume(std::string_view name, std::string_view secret, bool optional) {
  Draft source = Draft::object({{"secretName", secret}});
  if (optional) source["optional"] = true;
  return Draft::object({{"name", name}, {"secret", std::move(source)}});
}

Draft configMapVolume(std::string_view name, std::string_view config_map) {
  return Draft::object({{"name", name}, {"configMap", Draft::object({{"name", config_map}})}});
}

Draft emptyVolume(std::string_view name) {
  return Draft::object({{"name", name}, {"emptyDir", Draft::object()}});
}

Draft mount(std::string_view volume, std::string_view path) {
  return Draft::object({{"name", volume}, {"mountPath", path}});
}

}  // namespace meshka::mgmt::chart
