// ServiceEntries, one Service per host, with inline endpoints or those that a workloadSelector
// picks: pods and WorkloadEntries of the same namespace.
#include "base/strings.h"
#include "mesh/model/names.h"
#include "mesh/model/registry.h"

namespace meshka::mesh {
namespace {

constexpr std::string_view kTranslatorLabel = "reconciler.mesh.gloo.solo.io/name";
constexpr std::string_view kParentKind = "gloo.solo.io/parent_kind";
constexpr std::string_view kParentLabels[] = {
    "gloo.solo.io/parent_kind", "gloo.solo.io/parent_name", "gloo.solo.io/parent_namespace",
    "gloo.solo.io/parent_cluster"};

std::vector<Port> portsOf(doc::Value spec) {
  std::vector<Port> out;
  for (doc::Value p : spec["ports"].elements()) {
    Port port;
    port.name = p["name"].text();
    port.number = static_cast<int>(p["number"].integer());
    port.target = static_cast<int>(p["targetPort"].integer());
    if (port.target == 0) port.target = port.number;
    port.protocol = protocolOfField(p["protocol"].text(), port.name, port.number);
    out.push_back(std::move(port));
  }
  return out;
}

void setPorts(Endpoint& endpoint, const std::vector<Port>& ports, doc::Value mapped) {
  for (const Port& port : ports) {
    endpoint.ports[port.name] = static_cast<int>(mapped[port.name].integer(port.target));
  }
}

// Both for an inline endpoint and the spec of a WorkloadEntry.
Endpoint endpointOf(doc::Value entry, const Service& service) {
  Endpoint out;
  out.address = entry["address"].text();
  out.labels = entry["labels"];
  out.ns = service.ns;
  out.service_account = entry["serviceAccount"].text();
  out.locality = parseLocality(entry["locality"].text());
  out.weight = static_cast<uint32_t>(entry["weight"].integer(1));
  if (out.weight == 0) out.weight = 1;
  const doc::Value mode = out.labels["security.istio.io/tlsMode"];
  out.mutual_tls = mode.exists() ? mode.text() == "istio" : !out.service_account.empty();
  setPorts(out, service.ports, entry["ports"]);
  return out;
}

bool sameParent(doc::Value a, doc::Value b) {
  for (const std::string_view label : kParentLabels) {
    if (a[label].text() != b[label].text()) return false;
  }
  return true;
}

// A management plane's WorkloadEntry belongs to the entry it was made for, although its labels fit
// others: else "send to this cluster" would be balanced over all clusters.
bool belongs(doc::Value workload, doc::Value entry) {
  const doc::Value labels = workload["metadata"]["labels"];
  const bool own_name = metaName(workload).starts_with(cat(metaName(entry), "-"));
  if (labels[kTranslatorLabel].text() != "translator") {
    return true;
  }
  const doc::Value of = entry["metadata"]["labels"];
  if (labels[kParentKind].exists() && of[kParentKind].exists()) return sameParent(labels, of);
  return own_name;
}

bool ready(doc::Value pod) {
  if (pod["metadata"]["deletionTimestamp"].exists()) return false;
  if (pod["status"]["podIP"].text().empty()) return false;
  for (doc::Value condition : pod["status"]["conditions"].elements()) {
    if (condition["type"].text() == "Ready") return condition["status"].text() == "True";
  }
  return false;
}

void addSelected(Service& service, doc::Value entry, const Objects& objects,
                 const Workloads& workloads) {
  for (const auto& [key, pod] : workloads.pods()) {
    if (metaNamespace(pod) != service.ns || !ready(pod)) continue;
    if (!selects(service.selector, pod["metadata"]["labels"])) continue;
    Endpoint endpoint = workloads.endpointOf(pod);
    setPorts(endpoint, service.ports, {});
    service.endpoints.push_back(std::move(endpoint));
  }
  for (const doc::Doc& workload : objects.workload_entries) {
    if (metaNamespace(workload) != service.ns) continue;
    if (!selects(service.selector, workload["spec"]["labels"])) continue;
    if (belongs(workload, entry))
      service.endpoints.push_back(endpointOf(workload["spec"], service));
  }
}

Service commonOf(doc::Value entry, std::vector<std::string>& warnings) {
  const doc::Value spec = entry["spec"];
  Service out;
  out.name = metaName(entry);
  out.ns = metaNamespace(entry);
  out.in_mesh = spec["location"].text() == "MESH_INTERNAL";
  out.ports = portsOf(spec);
  out.created = entry["metadata"]["creationTimestamp"].text();
  out.export_to = parseExportTo(texts(spec["exportTo"]), out.ns);
  out.identities = texts(spec["subjectAltNames"]);
  const std::string_view resolution = spec["resolution"].text("NONE");
  if (resolution == "STATIC") {
    out.resolution = Resolution::kEds;
  } else if (resolution == "DNS") {
    out.resolution = Resolution::kDns;
  } else if (resolution == "DNS_ROUND_ROBIN") {
    out.resolution = Resolution::kDnsRoundRobin;
  } else {
    out.resolution = Resolution::kPassthrough;
    if (resolution != "NONE") {
      warnings.push_back(cat("ServiceEntry ", objectKey(entry), ": resolution ", resolution,
                             " is not supported yet, NONE is used"));
    }
  }
  for (const std::string& address : texts(spec["addresses"])) {
    if (parseRange(address)) {
      out.addresses.push_back(address);
    } else {
      warnings.push_back(cat("ServiceEntry ", objectKey(entry), ": address \"", address,
                             "\" is neither an address nor a range"));
    }
  }
  return out;
}

}  // namespace

std::vector<Service> entryServices(const Objects& objects, const Workloads& workloads,
                                   std::vector<std::string>& warnings) {
  std::vector<Service> out;
  for (const doc::Doc& entry : objects.service_entries) {
    const doc::Value spec = entry["spec"];
    Service common = commonOf(entry, warnings);
    const bool dns =
        common.resolution == Resolution::kDns || common.resolution == Resolution::kDnsRoundRobin;
    if (spec["workloadSelector"].isObject()) {
      common.selector = spec["workloadSelector"]["labels"];
      if (!common.selector.empty()) addSelected(common, entry, objects, workloads);
    }
    for (doc::Value endpoint : spec["endpoints"].elements()) {
      if (endpoint["address"].text().starts_with("unix://")) {
        warnings.push_back(cat("ServiceEntry ", objectKey(entry),
                               ": endpoints with unix:// addresses are not supported yet"));
        continue;
      }
      common.endpoints.push_back(endpointOf(endpoint, common));
    }
    for (const std::string& host : texts(spec["hosts"])) {
      Service one = common;
      one.host = host;
      if (dns && one.endpoints.empty() && !host.starts_with("*")) {
        Endpoint endpoint;
        endpoint.address = host;
        setPorts(endpoint, one.ports, {});
        one.endpoints.push_back(std::move(endpoint));
      }
      out.push_back(std::move(one));
    }
  }
  return out;
}

}  // namespace meshka::mesh
