// The management plane's brain as one plain function: what the clusters look like and what users
// want, in; the Istio objects of each cluster and the status of each user object, out. It neither
// waits nor remembers; the caller compares outputs and sends differences.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "doc/doc.h"

namespace meshka::mgmt {

// By resource: "services", "serviceaccounts", "workspacesettings.admin.gloo.solo.io"; of ConfigMaps
// the one called "istio", and as "configmaps/root" those with the root of trust. Each list is
// ordered by namespace and name.
using ObjectsByResource = std::map<std::string, std::vector<doc::Doc>>;

// What the agent of one cluster reported.
struct ClusterSnapshot {
  std::string name;        // of its KubernetesCluster: "cluster-1", "vcluster-cluster1-cluster1"
  std::string given_name;  // as typed at registration: "vcluster_cluster1_cluster1"
  std::string cluster_domain = "cluster.local";
  bool connected = false;
  ObjectsByResource objects;
};

struct TranslateInput {
  std::string admin_namespace = "gloo-mesh";
  // Of the management cluster: kubernetesclusters, workspaces, roottrustpolicies, workspacesettings
  // ("global"), routetables and policies that were put there.
  ObjectsByResource admin;
  std::map<std::string, ClusterSnapshot> clusters;  // by name; only warm ones
};

struct StatusUpdate {
  std::string cluster;   // "" : the management cluster
  std::string resource;  // "workspaces.admin.gloo.solo.io"
  std::string ns;
  std::string name;
  doc::Doc status;
};

struct TranslateOutput {
  // Whole objects, labelled as chapter 7.1 of the specification says; ordered by kind, namespace,
  // name.
  std::map<std::string, std::vector<doc::Doc>> objects;
  std::vector<StatusUpdate> statuses;
};

TranslateOutput translate(const TranslateInput& input);

// The keys of ObjectsByResource that translate() looks at: what an agent has to report of its
// cluster, and what the server reads of the management cluster.
std::vector<std::string> clusterResources();
std::vector<std::string> adminResources();
// Those whose status translate() writes.
std::vector<std::string> configResources();
// The kinds it makes, as "plural.group": an agent removes the labelled ones that are not wanted.
std::vector<std::string> outputResources();

// Cluster names compare so: case folded, "_" as "-".
std::string canonicalClusterName(std::string_view name);
// A Kubernetes object name: lower case, what is not a letter or digit becomes -, over 63 characters
// cut and hashed (specification 7.1).
std::string sanitizeName(std::string_view name);

}  // namespace meshka::mgmt
