// The agent of a workload cluster, and what stands for the cluster in the management cluster.
#include "base/strings.h"
#include "mgmt/chart/crds.h"
#include "mgmt/chart/parts.h"

namespace meshka::mgmt {

using doc::Draft;

namespace {

constexpr uint16_t kGrpcPort = 9977;
constexpr uint16_t kHttpPort = 9988;
constexpr uint16_t kStatsPort = 9091;

std::vector<chart::Rule> agentRules() {
  const std::vector<std::string> read = {"get", "list", "watch"};
  const std::vector<std::string> all = {"*"};
  return {
      {crdGroups(), {"*"}, all},
      {{"networking.istio.io", "security.istio.io", "extensions.istio.io", "telemetry.istio.io"},
       {"*"},
       all},
      // The mesh's root of trust is written beside its control plane, wherever that is.
      {{""}, {"secrets"}, all},
      {{""}, {"pods"}, {"get", "list", "watch", "delete"}},
      {{""}, {"events"}, {"create", "patch"}},
      {{""},
       {"configmaps", "endpoints", "namespaces", "nodes", "serviceaccounts", "services"},
       read},
      {{"apps"}, {"daemonsets", "deployments", "replicasets", "statefulsets"}, read},
      {{"discovery.k8s.io"}, {"endpointslices"}, read},
      {{"apiextensions.k8s.io"}, {"customresourcedefinitions"}, read},
      {{"coordination.k8s.io"}, {"leases"}, all}};
}

Draft agentContainer(const AgentChart& input) {
  std::vector<std::string> args = {"mgmt-agent", cat("--cluster=", input.cluster),
                                   cat("--given-name=", input.given_name),
                                   cat("--relay-server=", input.relay_address),
                                   cat("--relay-authority=", kServerName, ".", input.ns)};
  if (input.insecure) args.emplace_back("--insecure");
  args.emplace_back("--root-tls=/etc/gloo-mesh/relay-root-tls");
  args.emplace_back("--token-file=/etc/gloo-mesh/relay-token/token");
  args.push_back(cat("--client-secret=", kClientTlsSecret));
  args.push_back(cat("--namespace=", input.ns));
  args.push_back(cat("--grpc-listen=0.0.0.0:", kGrpcPort));
  args.push_back(cat("--http-listen=0.0.0.0:", kHttpPort));
  args.push_back(cat("--stats-listen=0.0.0.0:", kStatsPort));
  Draft out =
      chart::container(kAgentName, cat("gcr.io/gloo-mesh/", kAgentName, ":", input.version), args);
  out["ports"] = Draft::array({chart::port("grpc", kGrpcPort), chart::port("http", kHttpPort),
                               chart::port("stats", kStatsPort)});
  out["readinessProbe"] = chart::readiness("/ready", "http");
  out["volumeMounts"] =
      Draft::array({chart::mount("relay-root-tls", "/etc/gloo-mesh/relay-root-tls"),
                    chart::mount("relay-token", "/etc/gloo-mesh/relay-token")});
  out["resources"]["requests"] = Draft::object({{"cpu", "50m"}, {"memory", "128Mi"}});
  return out;
}

}  // namespace

std::vector<doc::Doc> agentObjects(const AgentChart& input) {
  const chart::Scope scope{input.ns, input.version};
  std::vector<doc::Doc> out;
  Draft ns = Draft::object({{"apiVersion", "v1"}, {"kind", "Namespace"}});
  // The sidecars' metrics and logs come to the agent in clear text: it has no proxy.
  ns["metadata"] = Draft::object(
      {{"name", input.ns}, {"labels", Draft::object({{"istio-injection", "disabled"}})}});
  out.push_back(ns.finish());
  chart::appendAccount(scope, kAgentName, agentRules(), out);
  out.push_back(chart::service(scope, kAgentName, "ClusterIP",
                               {chart::servicePort("grpc", kGrpcPort, "grpc"),
                                chart::servicePort("http", kHttpPort, "http")}));
  // Optional: without TLS there are none, and the token goes away after registration.
  out.push_back(chart::deployment(
      scope, {.name = kAgentName,
              .run_as_user = input.run_as_user,
              .containers = {agentContainer(input)},
              .volumes = {chart::secretVolume("relay-root-tls", kRootTlsSecret, true),
                          chart::secretVolume("relay-token", kTokenSecret, true)},
              .pod_annotations = nullptr}));
  return out;
}

doc::Doc kubernetesCluster(const AgentChart& input, std::string_view cluster_domain) {
  Draft out =
      Draft::object({{"apiVersion", "admin.gloo.solo.io/v2"}, {"kind", "KubernetesCluster"}});
  out["metadata"] = Draft::object({{"name", input.cluster}, {"namespace", input.ns}});
  out["metadata"]["annotations"][kAliasAnnotation] = input.given_name;
  out["spec"] = Draft::object({{"clusterDomain", cluster_domain}});
  return out.finish();
}

}  // namespace meshka::mgmt
