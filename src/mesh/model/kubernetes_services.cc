// Kubernetes Services with the endpoints of their EndpointSlices.
#include "base/strings.h"
#include "mesh/model/names.h"
#include "mesh/model/registry.h"

namespace meshka::mesh {
namespace {

std::vector<Port> portsOf(doc::Value spec) {
  std::vector<Port> out;
  for (doc::Value p : spec["ports"].elements()) {
    Port port;
    port.name = p["name"].text();
    port.number = static_cast<int>(p["port"].integer());
    port.protocol =
        protocolOf(p["protocol"].text("TCP"), p["appProtocol"].text(), port.name, port.number);
    if (p["targetPort"].isString() && !parseInt(p["targetPort"].text())) {
      port.target_name = p["targetPort"].text();
    } else {
      const auto number = parseInt(p["targetPort"].text());
      port.target = static_cast<int>(number ? *number : p["targetPort"].integer(port.number));
      if (port.target == 0) port.target = port.number;
    }
    out.push_back(std::move(port));
  }
  return out;
}

ExportTo exportOf(doc::Value service) {
  const std::string_view list =
      service["metadata"]["annotations"]["networking.istio.io/exportTo"].text();
  std::vector<std::string> entries;
  for (const std::string_view entry : split(list, ',')) {
    if (!trim(entry).empty()) entries.emplace_back(trim(entry));
  }
  return parseExportTo(entries, metaNamespace(service));
}

void addSlice(Service& service, doc::Value slice, const Workloads& workloads) {
  if (slice["addressType"].text() == "FQDN") return;
  std::map<std::string, int> ports;
  for (doc::Value p : slice["ports"].elements()) {
    ports[std::string(p["name"].text())] = static_cast<int>(p["port"].integer());
  }
  for (doc::Value e : slice["endpoints"].elements()) {
    const std::string_view address = e["addresses"][size_t{0}].text();
    if (address.empty() || !e["conditions"]["ready"].boolean(true)) continue;
    const doc::Value ref = e["targetRef"];
    const doc::Value pod =
        ref["kind"].text() == "Pod"
            ? workloads.pod(ref["namespace"].text(service.ns), ref["name"].text())
            : workloads.podAt(address);
    Endpoint endpoint = pod.exists() ? workloads.endpointOf(pod) : Endpoint();
    if (!pod.exists()) endpoint.locality = workloads.localityOf(e["nodeName"].text());
    endpoint.address = address;
    endpoint.ports = ports;
    service.endpoints.push_back(std::move(endpoint));
  }
}

Service serviceOf(doc::Value object, const MeshConfig& config) {
  const doc::Value spec = object["spec"];
  Service out;
  out.name = metaName(object);
  out.ns = metaNamespace(object);
  out.host = cat(out.name, ".", out.ns, ".svc.", config.cluster_domain);
  out.kubernetes = true;
  out.ports = portsOf(spec);
  out.created = object["metadata"]["creationTimestamp"].text();
  out.export_to = exportOf(object);
  if (!spec["selector"].empty()) out.selector = spec["selector"];
  const std::string_view ip = spec["clusterIP"].text();
  if (spec["type"].text() == "ExternalName") {
    out.resolution = Resolution::kDns;
    out.in_mesh = false;
    Endpoint endpoint;
    endpoint.address = spec["externalName"].text();
    for (const Port& port : out.ports) endpoint.ports[port.name] = port.number;
    if (!endpoint.address.empty()) out.endpoints.push_back(std::move(endpoint));
  } else if (ip == "None") {
    out.headless = true;
    out.resolution = Resolution::kPassthrough;
  } else if (!ip.empty()) {
    out.addresses.emplace_back(ip);
  }
  return out;
}

}  // namespace

std::vector<Service> kubernetesServices(const Objects& objects, const MeshConfig& config,
                                        const Workloads& workloads) {
  std::vector<Service> out;
  std::map<std::string, size_t> by_key;
  for (const doc::Doc& object : objects.services) {
    by_key[objectKey(object)] = out.size();
    out.push_back(serviceOf(object, config));
  }
  for (const doc::Doc& slice : objects.endpoint_slices) {
    const std::string_view name = slice["metadata"]["labels"]["kubernetes.io/service-name"].text();
    const auto it = by_key.find(cat(metaNamespace(slice), "/", name));
    if (it == by_key.end() || out[it->second].resolution == Resolution::kDns) continue;
    addSlice(out[it->second], slice, workloads);
  }
  return out;
}

}  // namespace meshka::mesh
