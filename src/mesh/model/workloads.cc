// Pods and nodes as endpoints see them.
#include "base/strings.h"
#include "mesh/model/names.h"
#include "mesh/model/registry.h"

namespace meshka::mesh {

Workloads::Workloads(const Objects& objects, const MeshConfig& config) : config_(config) {
  for (const doc::Doc& node : objects.nodes) {
    const doc::Value labels = node["metadata"]["labels"];
    Locality at;
    at.region = labels["topology.kubernetes.io/region"].text(config.cluster_id);
    at.zone = labels["topology.kubernetes.io/zone"].text();
    at.subzone = labels["topology.istio.io/subzone"].text();
    nodes_.emplace(metaName(node), std::move(at));
  }
  for (const doc::Doc& pod : objects.pods) {
    pods_.emplace(objectKey(pod), pod.value());
    const std::string_view ip = pod["status"]["podIP"].text();
    const std::string_view phase = pod["status"]["phase"].text();
    if (ip.empty() || phase == "Failed" || phase == "Succeeded") continue;
    if (!pod["spec"]["hostNetwork"].boolean()) by_ip_.emplace(ip, pod.value());
  }
}

doc::Value Workloads::pod(std::string_view ns, std::string_view name) const {
  const auto it = pods_.find(cat(ns, "/", name));
  return it == pods_.end() ? doc::Value() : it->second;
}

doc::Value Workloads::podAt(std::string_view ip) const {
  const auto it = by_ip_.find(ip);
  return it == by_ip_.end() ? doc::Value() : it->second;
}

Locality Workloads::localityOf(std::string_view node) const {
  const auto it = nodes_.find(node);
  if (it != nodes_.end()) return it->second;
  Locality out;
  out.region = config_.cluster_id;
  return out;
}

Endpoint Workloads::endpointOf(doc::Value pod) const {
  Endpoint out;
  out.address = pod["status"]["podIP"].text();
  out.labels = pod["metadata"]["labels"];
  out.ns = metaNamespace(pod);
  out.service_account = pod["spec"]["serviceAccountName"].text("default");
  out.pod = metaName(pod);
  out.locality = localityOf(pod["spec"]["nodeName"].text());
  out.mutual_tls = out.labels["security.istio.io/tlsMode"].text() == "istio";
  out.local_pod = true;
  return out;
}

}  // namespace meshka::mesh
