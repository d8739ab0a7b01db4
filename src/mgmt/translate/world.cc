#include "mgmt/translate/world.h"

#include "base/strings.h"
#include "doc/yaml.h"
#include "mgmt/translate/names.h"
#include "mgmt/translate/service_reader.h"

namespace meshka::mgmt {

using doc::Value;

namespace {

std::string text(Value value) {
  return std::string(value.text());
}

constexpr std::string_view kRegionLabel = "topology.kubernetes.io/region";

void readNodes(Cluster& cluster, const std::vector<doc::Doc>& nodes) {
  // As istiod takes its CLUSTER_ID, which is the name as it was typed.
  const std::string fallback = cluster.given_name.empty() ? cluster.name : cluster.given_name;
  cluster.region = fallback;
  for (const doc::Doc& node : nodes) {
    const std::string region = text(node["metadata"]["labels"][kRegionLabel]);
    if (!region.empty() && cluster.region == fallback) cluster.region = region;
    for (const Value address : node["status"]["addresses"].elements()) {
      const std::string_view type = address["type"].text();
      if (type == "ExternalIP" || (type == "InternalIP" && cluster.node_address.empty())) {
        cluster.node_address = text(address["address"]);
      }
    }
  }
}

// The Mesh that the agent discovered says it; before one is there, Istio's own configuration does.
void readTrustDomain(Cluster& cluster, const ClusterSnapshot& snapshot) {
  for (const doc::Doc& mesh : objectsOf(snapshot.objects, "meshes.internal.gloo.solo.io")) {
    cluster.has_mesh = true;
    cluster.trust_domain = text(mesh["spec"]["trustDomain"]);
    if (!cluster.trust_domain.empty()) return;
  }
  for (const doc::Doc& map : objectsOf(snapshot.objects, "configmaps")) {
    if (map["metadata"]["name"].text() != "istio" || !map["data"]["mesh"].exists()) continue;
    cluster.has_mesh = true;
    const auto mesh = doc::parseYamlDocument(map["data"]["mesh"].text());
    if (mesh) cluster.trust_domain = text((*mesh)["trustDomain"]);
    if (!cluster.trust_domain.empty()) return;
  }
  if (cluster.trust_domain.empty()) cluster.trust_domain = "cluster.local";
}

// Each certificate of the bundle that istiod hands to proxies; while a root is replaced, both.
void readRoots(Cluster& cluster, const ClusterSnapshot& snapshot) {
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  for (const char* resource : {"configmaps/root", "configmaps"}) {
    for (const doc::Doc& map : objectsOf(snapshot.objects, resource)) {
      if (map["metadata"]["name"].text() != "istio-ca-root-cert") continue;
      std::string_view bundle = map["data"]["root-cert.pem"].text();
      for (size_t end = bundle.find(kEnd); end != std::string_view::npos; end = bundle.find(kEnd)) {
        cluster.roots.emplace(trim(bundle.substr(0, end)));
        bundle.remove_prefix(end + kEnd.size());
      }
      if (!cluster.roots.empty()) return;
    }
  }
}

void readWorkloads(Cluster& cluster, const ClusterSnapshot& snapshot) {
  constexpr std::pair<const char*, const char*> kKinds[] = {{"daemonsets.apps", "DaemonSet"},
                                                            {"deployments.apps", "Deployment"},
                                                            {"statefulsets.apps", "StatefulSet"}};
  for (const auto& [resource, kind] : kKinds) {
    for (const doc::Doc& object : objectsOf(snapshot.objects, resource)) {
      const Value pod = object["spec"]["template"];
      cluster.workloads.push_back(
          {kind, text(object["metadata"]["namespace"]), text(object["metadata"]["name"]),
           readLabels(pod["metadata"]["labels"]),
           std::string(pod["spec"]["serviceAccountName"].text("default")), pod["spec"]});
    }
  }
}

Cluster readCluster(const ClusterSnapshot& snapshot) {
  Cluster cluster;
  cluster.name = snapshot.name;
  cluster.given_name = snapshot.given_name;
  cluster.domain = snapshot.cluster_domain;
  readNodes(cluster, objectsOf(snapshot.objects, "nodes"));
  readTrustDomain(cluster, snapshot);
  readRoots(cluster, snapshot);
  for (const doc::Doc& ns : objectsOf(snapshot.objects, "namespaces")) {
    cluster.namespaces[text(ns["metadata"]["name"])] = readLabels(ns["metadata"]["labels"]);
  }
  for (const doc::Doc& account : objectsOf(snapshot.objects, "serviceaccounts")) {
    cluster.accounts[text(account["metadata"]["namespace"])][text(account["metadata"]["name"])] =
        readLabels(account["metadata"]["labels"]);
  }
  readWorkloads(cluster, snapshot);
  readServices(cluster, snapshot);
  return cluster;
}

}  // namespace

Labels readLabels(Value map) {
  Labels labels;
  for (const auto [key, value] : map.members()) labels[std::string(key)] = text(value);
  return labels;
}

bool containsAll(const Labels& labels, const Labels& wanted) {
  for (const auto& [key, value] : wanted) {
    const auto found = labels.find(key);
    if (found == labels.end() || found->second != value) return false;
  }
  return true;
}

std::string ServicePort::entryName() const {
  return cat(toLower(protocol), "-", number);
}

const ServicePort* Service::port(int64_t wanted) const {
  for (const ServicePort& p : ports) {
    if (p.number == wanted) return &p;
  }
  return nullptr;
}

const ServicePort* Service::port(std::string_view port_name) const {
  for (const ServicePort& p : ports) {
    if (p.name == port_name) return &p;
  }
  return nullptr;
}

const Service* Cluster::service(const std::string& ns, const std::string& service_name) const {
  const auto found = services.find({ns, service_name});
  return found == services.end() ? nullptr : &found->second;
}

const Cluster* World::cluster(std::string_view any_name) const {
  const std::string wanted = canonicalClusterName(any_name);
  for (const auto& [name, cluster] : clusters) {
    if (canonicalClusterName(name) == wanted ||
        canonicalClusterName(cluster.given_name) == wanted) {
      return &cluster;
    }
  }
  return nullptr;
}

bool rootsDiffer(const Cluster& a, const Cluster& b) {
  if (a.roots.empty() || b.roots.empty()) return false;
  for (const std::string& root : a.roots) {
    if (b.roots.contains(root)) return false;
  }
  return true;
}

World readWorld(const TranslateInput& input) {
  World world;
  for (const auto& [name, snapshot] : input.clusters) {
    world.clusters.emplace(name, readCluster(snapshot));
  }
  for (const doc::Doc& object : objectsOf(input.admin, "kubernetesclusters.admin.gloo.solo.io")) {
    const auto found = world.clusters.find(text(object["metadata"]["name"]));
    if (found != world.clusters.end()) {
      found->second.labels = readLabels(object["metadata"]["labels"]);
    }
  }
  return world;
}

}  // namespace meshka::mgmt
