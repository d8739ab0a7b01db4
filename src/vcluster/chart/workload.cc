// The StatefulSet NAME: one pod NAME-0 with one container, which is the whole virtual control
// plane.
#include "base/strings.h"
#include "vcluster/chart/parts.h"

namespace meshka::vcluster::chart {

using doc::Draft;

namespace {

std::vector<std::string> serverArgs(const ChartInput& input) {
  const Values& values = input.values;
  std::vector<std::string> args = {"vcluster-server",
                                   cat("--name=", input.tenant.name),
                                   cat("--namespace=", input.tenant.host_namespace),
                                   "--data-dir=/data",
                                   cat("--listen=0.0.0.0:", kServerPort),
                                   cat("--dns-listen=0.0.0.0:", kDnsPort),
                                   cat("--kubernetes-version=", values.kubernetes_version),
                                   cat("--cluster-domain=", values.syncer.cluster_domain)};
  if (values.syncer.sync_nodes) args.push_back("--sync-nodes");
  if (values.syncer.sync_all_nodes) args.push_back("--sync-all-nodes");
  if (!values.pod_security_standard.empty()) {
    args.push_back(cat("--enforce-pod-security-standard=", values.pod_security_standard));
  }
  for (const std::string& san : values.syncer.tls_sans) args.push_back(cat("--tls-san=", san));
  return args;
}

Draft probe(const char* path, int period_s) {
  return Draft::object(
      {{"httpGet", Draft::object({{"path", path}, {"port", kServerPort}, {"scheme", "HTTPS"}})},
       {"periodSeconds", period_s},
       {"failureThreshold", 60}});
}

Draft container(const ChartInput& input) {
  const Values& values = input.values;
  Draft out = Draft::object({{"name", "syncer"}, {"image", input.server_image}});
  out["args"] = Draft::strings(serverArgs(input));
  const auto field = [](const char* name, const char* path) {
    return Draft::object(
        {{"name", name},
         {"valueFrom", Draft::object({{"fieldRef", Draft::object({{"fieldPath", path}})}})}});
  };
  out["env"] = Draft::array({field("POD_IP", "status.podIP"), field("POD_NAME", "metadata.name")});
  out["livenessProbe"] = probe("/healthz", 10);
  out["readinessProbe"] = probe("/readyz", 2);
  out["volumeMounts"] = Draft::array({Draft::object({{"name", "data"}, {"mountPath", "/data"}})});
  out["resources"]["requests"] = Draft::object(
      {{"cpu", values.resource_requests_cpu}, {"memory", values.resource_requests_memory}});
  out["securityContext"] =
      Draft::object({{"allowPrivilegeEscalation", false},
                     {"readOnlyRootFilesystem", true},
                     {"capabilities", Draft::object({{"drop", Draft::strings({"ALL"})}})}});
  if (values.run_as_user > 0) {
    out["securityContext"]["runAsUser"] = values.run_as_user;
    out["securityContext"]["runAsNonRoot"] = true;
  }
  return out;
}

}  // namespace

void appendWorkload(const ChartInput& input, std::vector<doc::Doc>& out) {
  const std::string& name = input.tenant.name;
  const Draft labels = Draft::object({{"app", "vcluster"}, {"release", name}});
  Draft set = Draft::object({{"apiVersion", "apps/v1"}, {"kind", "StatefulSet"}});
  set["metadata"] = metadata(input, name);
  if (!input.values.image.empty())
    set["metadata"]["annotations"]["meshka.dev/requested-image"] = input.values.image;
  Draft pod = Draft::object(
      {{"serviceAccountName", cat("vc-", name)}, {"terminationGracePeriodSeconds", 10}});
  pod["containers"] = Draft::array({container(input)});
  // A volume of the pod: it survives restarts of the process, not the deletion of the pod.
  pod["volumes"] = Draft::array({Draft::object({{"name", "data"}, {"emptyDir", Draft::object()}})});
  if (input.values.run_as_user > 0) pod["securityContext"]["fsGroup"] = input.values.run_as_user;
  set["spec"] =
      Draft::object({{"serviceName", name + "-headless"},
                     {"replicas", 1},
                     {"selector", Draft::object({{"matchLabels", labels}})},
                     {"template", Draft::object({{"metadata", Draft::object({{"labels", labels}})},
                                                 {"spec", std::move(pod)}})}});
  out.push_back(set.finish());
}

}  // namespace meshka::vcluster::chart
