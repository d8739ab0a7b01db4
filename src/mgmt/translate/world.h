// What the clusters look like, read once from the snapshots into the form that the rooms ask for:
// clusters, namespaces, Services with their ports, and the pods behind them. Everything borrows
// from the TranslateInput.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mgmt/translate/translate.h"

namespace meshka::mgmt {

using Labels = std::map<std::string, std::string>;

Labels readLabels(doc::Value map);
// Every pair of `wanted` is in `labels`.
bool containsAll(const Labels& labels, const Labels& wanted);

struct ObjectId {
  std::string cluster;  // "": the management cluster
  std::string resource;
  std::string ns;
  std::string name;
  auto operator<=>(const ObjectId&) const = default;
};

struct NamespacedName {
  std::string ns;
  std::string name;
  auto operator<=>(const NamespacedName&) const = default;
};

struct ServicePort {
  std::string name;
  int64_t number = 0;
  int64_t target = 0;    // what the pods listen on; a named port is looked up there
  std::string protocol;  // HTTP, HTTP2, GRPC, HTTPS, TLS, TCP, MONGO: by appProtocol or name

  std::string entryName() const;  // "http-9080"
};

// Pods or pod templates that look alike to a client.
struct PodShape {
  Labels labels;  // without those that differ between replicas and revisions
  std::string account;
  auto operator<=>(const PodShape&) const = default;
};

struct Service {
  std::string cluster;
  std::string ns;
  std::string name;
  doc::Value object;
  Labels labels;
  Labels selector;  // never empty: Services without one are not part of the mesh
  std::vector<ServicePort> ports;
  std::map<PodShape, int64_t> pods;  // live ones behind it, with their number
  std::set<std::string> accounts;    // of pods and of templates behind it
  int64_t pods_without_sidecar = 0;

  const ServicePort* port(int64_t number) const;
  const ServicePort* port(std::string_view port_name) const;
};

// A Deployment, StatefulSet or DaemonSet.
struct AppWorkload {
  std::string kind;
  std::string ns;
  std::string name;
  Labels labels;  // of its pod template
  std::string account;
  doc::Value pod_spec;
};

struct Cluster {
  std::string name;
  std::string given_name;
  std::string domain;
  Labels labels;                // of the KubernetesCluster
  bool has_mesh = false;        // without an Istio nothing can be written
  std::string trust_domain;     // underscores stay
  std::set<std::string> roots;  // certificates that its proxies trust; empty: not known
  std::string region;           // of its nodes, else its name as typed
  std::string node_address;     // for gateways of type NodePort
  std::map<std::string, Labels> namespaces;
  std::map<NamespacedName, Service> services;
  std::map<std::string, std::map<std::string, Labels>> accounts;  // by namespace and name
  std::vector<AppWorkload> workloads;

  const Service* service(const std::string& ns, const std::string& service_name) const;
};

struct World {
  std::map<std::string, Cluster> clusters;

  // By any of the forms of its name; nullptr when no cluster is called so.
  const Cluster* cluster(std::string_view any_name) const;
};

// Both are known, and have none in common.
bool rootsDiffer(const Cluster& a, const Cluster& b);

World readWorld(const TranslateInput& input);

}  // namespace meshka::mgmt
