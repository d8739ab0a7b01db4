// The Kubernetes objects that make the management plane and its agent, as plain functions of what
// the user asked for: names, labels, ports and containers as people know them of Gloo Mesh 2.0.
#pragma once

#include <string>
#include <vector>

#include "doc/doc.h"
#include "mgmt/chart/values.h"

namespace meshka::mgmt {

// Names that several parts share.
inline constexpr std::string_view kDefaultNamespace = "gloo-mesh";
inline constexpr std::string_view kServerName = "gloo-mesh-mgmt-server";
inline constexpr std::string_view kRedisName = "gloo-mesh-redis";
inline constexpr std::string_view kUiName = "gloo-mesh-ui";
inline constexpr std::string_view kPrometheusName = "prometheus-server";
inline constexpr std::string_view kAgentName = "gloo-mesh-agent";
inline constexpr std::string_view kLicenseSecret = "gloo-mesh-enterprise-license";
inline constexpr std::string_view kRootTlsSecret = "relay-root-tls-secret";
inline constexpr std::string_view kServerTlsSecret = "relay-server-tls-secret";
inline constexpr std::string_view kSigningTlsSecret = "relay-tls-signing-secret";
inline constexpr std::string_view kTokenSecret = "relay-identity-token-secret";
inline constexpr std::string_view kClientTlsSecret = "relay-client-tls-secret";
inline constexpr std::string_view kAliasAnnotation = "mesh.alias";
// Every object of ours carries it; uninstall finds its work by it.
inline constexpr std::string_view kManagedByLabel = "app.kubernetes.io/managed-by";
inline constexpr std::string_view kManagedBy = "meshctl";

struct ServerChart {
  std::string ns = std::string(kDefaultNamespace);
  std::string version;  // without "v": label and image tag
  std::string release_name = "gloo-mesh-mgmt";
  std::string own_image;  // of programs that Gloo Mesh has no image for
  Values values;
};

struct AgentChart {
  std::string ns = std::string(kDefaultNamespace);
  std::string version;
  std::string cluster;     // KubernetesCluster's name
  std::string given_name;  // as typed
  std::string relay_address;
  bool insecure = false;
  int64_t run_as_user = uids::kUnprivileged;
};

// Without CRDs and without the relay's secrets, which are made once. The namespace comes first, the
// workloads last.
std::vector<doc::Doc> serverObjects(const ServerChart& chart);
// The Deployments among them, by name.
std::vector<std::string> serverDeployments(const ServerChart& chart);
std::vector<doc::Doc> agentObjects(const AgentChart& chart);
doc::Doc kubernetesCluster(const AgentChart& chart, std::string_view cluster_domain);

}  // namespace meshka::mgmt
