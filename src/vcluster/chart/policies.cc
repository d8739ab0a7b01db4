// Isolation: two egress policies, and quota and limits when asked for (kubernetes-and-vcluster A6,
// A7). Egress by address is matched on our host against the address that the pod dialled, so
// LoadBalancer addresses of other clusters, which lie outside the excepted ranges, stay reachable.
#include "base/strings.h"
#include "vcluster/chart/parts.h"

namespace meshka::vcluster::chart {

using doc::Draft;

namespace {

Draft port(int number, const char* protocol = "TCP") {
  return Draft::object({{"port", number}, {"protocol", protocol}});
}

Draft selector(std::string_view key, const std::string& value) {
  return Draft::object({{"matchLabels", Draft::object({{std::string(key), value}})}});
}

Draft policy(const ChartInput& input, const std::string& name, Draft pods, Draft egress) {
  Draft object = Draft::object({{"apiVersion", "networking.k8s.io/v1"}, {"kind", "NetworkPolicy"}});
  object["metadata"] = metadata(input, name);
  object["spec"] = Draft::object({{"podSelector", std::move(pods)},
                                  {"egress", std::move(egress)},
                                  {"policyTypes", Draft::strings({"Egress"})}});
  return object;
}

void appendNetworkPolicies(const ChartInput& input, std::vector<doc::Doc>& out) {
  const std::string& name = input.tenant.name;
  const Draft workloads = selector(kManagedBy, name);
  const Draft control_plane = selector("release", name);

  Draft workload_egress = Draft::array();
  // The control plane: its API, and its DNS, which listens on an unprivileged port.
  workload_egress.push(Draft::object(
      {{"ports",
        Draft::array({port(443), port(kServerPort), port(kDnsPort), port(kDnsPort, "UDP")})},
       {"to", Draft::array({Draft::object({{"podSelector", control_plane}})})}}));
  workload_egress.push(Draft::object({{"ports", Draft::array({port(53), port(53, "UDP")})}}));
  workload_egress.push(Draft::object(
      {{"to", Draft::array(
                  {Draft::object({{"podSelector", workloads}}),
                   Draft::object(
                       {{"ipBlock",
                         Draft::object({{"cidr", "0.0.0.0/0"},
                                        {"except", Draft::strings({"100.64.0.0/10", "127.0.0.0/8",
                                                                   "10.0.0.0/8", "172.16.0.0/12",
                                                                   "192.168.0.0/16"})}})}})})}}));
  out.push_back(policy(input, name + "-workloads", workloads, std::move(workload_egress)).finish());

  Draft plane_egress = Draft::array();
  plane_egress.push(
      Draft::object({{"ports", Draft::array({port(443), port(kServerPort), port(6443)})}}));
  plane_egress.push(
      Draft::object({{"to", Draft::array({Draft::object({{"podSelector", Draft::object()}})})}}));
  plane_egress.push(Draft::object(
      {{"ports", Draft::array({port(53), port(53, "UDP")})},
       {"to",
        Draft::array({Draft::object(
            {{"namespaceSelector", selector("kubernetes.io/metadata.name", "kube-system")}})})}}));
  out.push_back(
      policy(input, name + "-control-plane", control_plane, std::move(plane_egress)).finish());
}

}  // namespace

void appendPolicies(const ChartInput& input, std::vector<doc::Doc>& out) {
  const std::string& name = input.tenant.name;
  if (input.values.network_policy) appendNetworkPolicies(input, out);
  if (input.values.resource_quota) {
    Draft quota = Draft::object({{"apiVersion", "v1"}, {"kind", "ResourceQuota"}});
    quota["metadata"] = metadata(input, name + "-quota");
    quota["spec"]["hard"] = Draft::object({{"requests.cpu", "10"},
                                           {"requests.memory", "20Gi"},
                                           {"limits.cpu", "20"},
                                           {"limits.memory", "40Gi"},
                                           {"services.nodeports", "0"},
                                           {"services.loadbalancers", "1"},
                                           {"count/pods", "20"},
                                           {"count/services", "20"}});
    out.push_back(quota.finish());
  }
  if (input.values.limit_range) {
    Draft limits = Draft::object({{"apiVersion", "v1"}, {"kind", "LimitRange"}});
    limits["metadata"] = metadata(input, name + "-limit-range");
    limits["spec"]["limits"] = Draft::array({Draft::object(
        {{"type", "Container"},
         {"default",
          Draft::object({{"cpu", "1"}, {"memory", "512Mi"}, {"ephemeral-storage", "8Gi"}})},
         {"defaultRequest",
          Draft::object({{"cpu", "100m"}, {"memory", "128Mi"}, {"ephemeral-storage", "3Gi"}})}})});
    out.push_back(limits.finish());
  }
}

}  // namespace meshka::vcluster::chart
