#include "mgmt/discovery/discover.h"

#include "base/strings.h"
#include "doc/yaml.h"
#include "mgmt/objects/applier.h"
#include "mgmt/translate/translate.h"

namespace meshka::mgmt {

using doc::Doc;
using doc::Draft;
using doc::Value;

namespace {

constexpr const char* kVersion2 = "internal.gloo.solo.io/v2";

Draft found(const DiscoveryInput& input, const char* kind, std::string_view name,
            std::string_view group, std::string_view parent_kind, Value parent) {
  Draft out = Draft::object({{"apiVersion", kVersion2}, {"kind", kind}});
  const Value metadata = parent["metadata"];
  out["metadata"] = Draft::object(
      {{"name", name},
       {"namespace", input.ns},
       {"labels", Draft::object({{"agent.gloo.solo.io", "gloo-mesh"},
                                 {"owner.gloo.solo.io/name", "gloo-mesh"},
                                 {kReconcilerLabel, kDiscoveryReconciler},
                                 {"relay.solo.io/cluster", input.cluster},
                                 {"gloo.solo.io/parent_cluster", input.cluster},
                                 {"gloo.solo.io/parent_group", group},
                                 {"gloo.solo.io/parent_kind", parent_kind},
                                 {"gloo.solo.io/parent_name", metadata["name"]},
                                 {"gloo.solo.io/parent_namespace", metadata["namespace"]},
                                 {"gloo.solo.io/parent_version", "v1"}})}});
  return out;
}

bool isControlPlane(Value deployment) {
  if (deployment["metadata"]["labels"]["app"].text() == "istiod") return true;
  for (const Value c : deployment["spec"]["template"]["spec"]["containers"].elements()) {
    if (c["name"].text() == "discovery") return true;
  }
  return false;
}

// "repo:5000/pilot:1.11.7@sha256:..." gives "1.11.7"; without a tag the digest.
std::string imageVersion(std::string_view image) {
  const size_t at = image.find('@');
  const std::string_view digest = at == image.npos ? "" : image.substr(at + 1);
  image = image.substr(0, at);
  const size_t slash = image.rfind('/');
  const std::string_view last = slash == image.npos ? image : image.substr(slash + 1);
  const size_t colon = last.rfind(':');
  if (colon != last.npos) return std::string(last.substr(colon + 1));
  return std::string(digest);
}

std::string versionOf(Value deployment) {
  const Value containers = deployment["spec"]["template"]["spec"]["containers"];
  std::string_view image = containers[size_t{0}]["image"].text();
  for (const Value c : containers.elements()) {
    if (c["name"].text() == "discovery") image = c["image"].text();
  }
  return imageVersion(image);
}

// The key `mesh` of the ConfigMap of the control plane's revision.
Doc meshConfig(const DiscoveryInput& input, std::string_view ns, std::string_view revision) {
  const std::string wanted =
      revision.empty() || revision == "default" ? "istio" : cat("istio-", revision);
  for (const Doc& map : input.config_maps) {
    if (map["metadata"]["namespace"].text() != ns || map["metadata"]["name"].text() != wanted)
      continue;
    auto parsed = doc::parseYaml(map["data"]["mesh"].text());
    if (parsed && !parsed->empty()) return parsed->front();
  }
  return {};
}

bool selects(Value selector, Value labels) {
  if (!selector.isObject() || selector.empty()) return false;
  for (const auto [key, value] : selector.members()) {
    if (!(labels[key] == value)) return false;
  }
  return true;
}

bool isProxyOnly(Value pod_spec) {
  const Value containers = pod_spec["containers"];
  return containers.size() == 1 && containers[size_t{0}]["name"].text() == "istio-proxy";
}

// The labels of the gateway's pods; missing: the Service is no gateway's.
Value gatewayLabels(const DiscoveryInput& input, Value service) {
  const std::string_view ns = service["metadata"]["namespace"].text();
  for (const Doc& deployment : input.deployments) {
    const Value pod = deployment["spec"]["template"];
    if (deployment["metadata"]["namespace"].text() == ns && isProxyOnly(pod["spec"]) &&
        selects(service["spec"]["selector"], pod["metadata"]["labels"]))
      return service["spec"]["selector"];
  }
  return {};
}

const Doc* nodeOf(const DiscoveryInput& input, Value service) {
  for (const Doc& pod : input.pods) {
    if (pod["metadata"]["namespace"].text() != service["metadata"]["namespace"].text() ||
        !selects(service["spec"]["selector"], pod["metadata"]["labels"]))
      continue;
    for (const Doc& node : input.nodes) {
      if (node["metadata"]["name"].text() == pod["spec"]["nodeName"].text()) return &node;
    }
  }
  return nullptr;
}

std::string nodeAddress(Value node) {
  std::string out;
  for (const Value address : node["status"]["addresses"].elements()) {
    if (address["type"].text() == "ExternalIP") return std::string(address["address"].text());
    if (address["type"].text() == "InternalIP") out = address["address"].text();
  }
  return out;
}

// By the Service's type; "" : there is none (yet).
std::string gatewayAddress(Value service, const Doc* node) {
  const std::string_view type = service["spec"]["type"].text("ClusterIP");
  if (type == "LoadBalancer") {
    const Value ingress = service["status"]["loadBalancer"]["ingress"][size_t{0}];
    if (ingress["ip"].isString()) return std::string(ingress["ip"].text());
    if (ingress["hostname"].isString()) return std::string(ingress["hostname"].text());
    return std::string(service["spec"]["externalIPs"][size_t{0}].text());
  }
  if (type == "NodePort" && node != nullptr) return nodeAddress(*node);
  return {};
}

Draft locality(const Doc* node) {
  Draft out = Draft::object();
  if (node == nullptr) return out;
  const Value labels = node->value()["metadata"]["labels"];
  constexpr std::pair<const char*, const char*> kFields[] = {
      {"region", "topology.kubernetes.io/region"},
      {"zone", "topology.kubernetes.io/zone"},
      {"subZone", "topology.istio.io/subzone"}};
  for (const auto& [field, label] : kFields) {
    if (labels[label].isString()) out[field] = labels[label].text();
  }
  return out;
}

std::string typeName(std::string_view type) {
  if (type == "LoadBalancer") return "LOAD_BALANCER";
  if (type == "NodePort") return "NODE_PORT";
  if (type == "ExternalName") return "EXTERNAL_NAME";
  return "CLUSTER_IP";
}

Draft gatewayPorts(Value service) {
  const bool node_port = service["spec"]["type"].text() == "NodePort";
  Draft out = Draft::array();
  for (const Value port : service["spec"]["ports"].elements()) {
    Draft one = Draft::object({{"number", port[node_port ? "nodePort" : "port"]},
                               {"protocol", port["protocol"].text("TCP")}});
    if (port["name"].isString()) one["name"] = port["name"].text();
    out.push(std::move(one));
  }
  return out;
}

}  // namespace

std::vector<Doc> discoverMeshes(const DiscoveryInput& input) {
  std::vector<Doc> out;
  for (const Doc& deployment : input.deployments) {
    if (!isControlPlane(deployment)) continue;
    const Value metadata = deployment["metadata"];
    const std::string_view ns = metadata["namespace"].text();
    const std::string_view revision = metadata["labels"]["istio.io/rev"].text();
    const Doc config = meshConfig(input, ns, revision);
    Draft mesh = found(input, "Mesh",
                       sanitizeName(cat(metadata["name"].text(), "-", ns, "-", input.cluster)),
                       "apps", "Deployment", deployment);
    Draft installation =
        Draft::object({{"namespace", ns},
                       {"cluster", input.cluster},
                       {"podLabels", Draft(deployment["spec"]["template"]["metadata"]["labels"])},
                       {"version", versionOf(deployment)}});
    if (!revision.empty()) installation["revision"] = revision;
    const Value metadata_of_proxies = config["defaultConfig"]["proxyMetadata"];
    const Value capture = metadata_of_proxies["ISTIO_META_DNS_CAPTURE"];
    mesh["spec"] = Draft::object(
        {{"installation", std::move(installation)},
         {"trustDomain", config["trustDomain"].text("cluster.local")},
         {"istiodServiceAccount",
          deployment["spec"]["template"]["spec"]["serviceAccountName"].text("default")},
         {"smartDnsProxyingEnabled", capture.text() == "true" || capture.boolean()},
         {"rootNamespace", config["rootNamespace"].text(ns)},
         {"agentInfo", Draft::object({{"namespace", input.ns}})}});
    out.push_back(mesh.finish());
  }
  return out;
}

std::vector<Doc> discoverGateways(const DiscoveryInput& input) {
  std::vector<Doc> out;
  for (const Doc& service : input.services) {
    const Value labels = gatewayLabels(input, service);
    if (!labels.exists()) continue;
    const Value metadata = service["metadata"];
    const Doc* node = nodeOf(input, service);
    Draft gateway = found(input, "DiscoveredGateway",
                          sanitizeName(cat(metadata["name"].text(), "-",
                                           metadata["namespace"].text(), "-", input.cluster)),
                          "", "Service", service);
    Draft addresses = Draft::array();
    const std::string address = gatewayAddress(service, node);
    if (!address.empty()) {
      Draft one = Draft::object({{"address", address}, {"ports", gatewayPorts(service)}});
      Draft where = locality(node);
      if (where.size() > 0) one["locality"] = std::move(where);
      addresses.push(std::move(one));
    }
    gateway["spec"] =
        Draft::object({{"service", Draft::object({{"name", metadata["name"]},
                                                  {"namespace", metadata["namespace"]},
                                                  {"cluster", input.cluster}})},
                       {"workloadLabels", Draft(labels)},
                       {"externalAddresses", std::move(addresses)},
                       {"serviceType", typeName(service["spec"]["type"].text())}});
    out.push_back(gateway.finish());
  }
  return out;
}

}  // namespace meshka::mgmt
