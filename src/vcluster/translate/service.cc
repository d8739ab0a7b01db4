#include "vcluster/translate/service.h"

namespace meshka::vcluster {

using doc::Draft;
using doc::Value;

namespace {

// Copied as they are in both directions of time; the rest is allocated by the host or translated.
constexpr const char* kPassedFields[] = {"type",
                                         "sessionAffinity",
                                         "sessionAffinityConfig",
                                         "externalName",
                                         "externalTrafficPolicy",
                                         "internalTrafficPolicy",
                                         "publishNotReadyAddresses",
                                         "loadBalancerIP",
                                         "loadBalancerSourceRanges",
                                         "loadBalancerClass",
                                         "allocateLoadBalancerNodePorts"};

bool isHeadless(Value service) {
  return service["spec"]["clusterIP"].text() == "None";
}

// Ports as wanted, with the node port that the host gave to the same port before.
Draft portsFor(Value wanted, Value have) {
  Draft ports = Draft::array();
  for (const Value port : wanted.elements()) {
    Draft copy(port);
    copy.erase("nodePort");
    for (const Value old : have.elements()) {
      if (old["port"] == port["port"] &&
          old["protocol"].text("TCP") == port["protocol"].text("TCP") && old["nodePort"].exists()) {
        copy["nodePort"] = old["nodePort"];
      }
    }
    ports.push(std::move(copy));
  }
  return ports;
}

Draft specFor(Value virtual_service, Value host_spec, const Tenant& tenant) {
  const Value spec = virtual_service["spec"];
  Draft out(host_spec);
  if (out.isNull()) out = Draft::object();
  for (const char* field : kPassedFields) {
    if (spec[field].exists())
      out[field] = spec[field];
    else
      out.erase(field);
  }
  out["ports"] = portsFor(spec["ports"], host_spec["ports"]);
  if (spec["ports"].size() == 0) out.erase("ports");
  Draft selector =
      hostMapSelector(spec["selector"], virtual_service["metadata"]["namespace"].text(), tenant);
  if (selector.isNull())
    out.erase("selector");
  else
    out["selector"] = std::move(selector);
  return out;
}

}  // namespace

doc::Doc hostService(Value service, const Tenant& tenant, const Owner& owner) {
  Draft out = Draft::object({{"apiVersion", "v1"}, {"kind", "Service"}});
  out["metadata"] = hostMetadata(service, tenant, owner);
  out["spec"] = specFor(service, Value(), tenant);
  if (isHeadless(service)) out["spec"]["clusterIP"] = "None";
  return out.finish();
}

doc::Doc updateHostService(Value host, Value service, const Tenant& tenant) {
  Draft out(host);
  const bool metadata = updateHostMetadata(out, service, tenant);
  const doc::Doc before = out["spec"].finish();
  out["spec"] = specFor(service, host["spec"], tenant);
  const bool spec = !(out["spec"].finish() == before);
  return metadata || spec ? out.finish() : doc::Doc();
}

doc::Doc adoptAllocation(Value service, Value host) {
  Draft out(service);
  Draft& spec = out["spec"];
  for (const char* field :
       {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"}) {
    const Value given = host["spec"][field];
    if (given.exists())
      spec[field] = given;
    else
      spec.erase(field);
  }
  if (Draft* ports = spec.find("ports")) {
    for (size_t i = 0; i < ports->size(); ++i) {
      Draft& port = ports->at(i);
      const doc::Doc read = port.finish();
      for (const Value given : host["spec"]["ports"].elements()) {
        const bool same = given["port"] == read["port"] &&
                          given["protocol"].text("TCP") == read["protocol"].text("TCP");
        if (same && given["nodePort"].exists()) port["nodePort"] = given["nodePort"];
      }
    }
  }
  const doc::Doc done = out.finish();
  return done.value() == service ? doc::Doc() : done;
}

doc::Doc adoptLoadBalancerStatus(Value service, Value host) {
  const Value given = host["status"]["loadBalancer"];
  if (given.size() == 0 && service["status"]["loadBalancer"].size() == 0) return {};
  if (given == service["status"]["loadBalancer"]) return {};
  Draft out(service);
  out["status"]["loadBalancer"] = given.exists() ? Draft(given) : Draft::object();
  return out.finish();
}

doc::Doc hostEndpoints(Value endpoints, const Tenant& tenant, const Owner& owner,
                       bool (*allowed)(std::string_view, const void*), const void* context) {
  Draft out = Draft::object({{"apiVersion", "v1"}, {"kind", "Endpoints"}});
  out["metadata"] = hostMetadata(endpoints, tenant, owner);
  Draft subsets = Draft::array();
  for (const Value subset : endpoints["subsets"].elements()) {
    Draft copy = Draft::object();
    if (subset["ports"].exists()) copy["ports"] = subset["ports"];
    for (const char* list : {"addresses", "notReadyAddresses"}) {
      Draft addresses = Draft::array();
      for (const Value address : subset[list].elements()) {
        if (!allowed(address["ip"].text(), context)) continue;
        Draft kept = Draft::object({{"ip", address["ip"]}});
        if (address["hostname"].exists()) kept["hostname"] = address["hostname"];
        addresses.push(std::move(kept));
      }
      if (addresses.size() > 0) copy[list] = std::move(addresses);
    }
    if (copy.contains("addresses") || copy.contains("notReadyAddresses"))
      subsets.push(std::move(copy));
  }
  if (subsets.size() > 0) out["subsets"] = std::move(subsets);
  return out.finish();
}

}  // namespace meshka::vcluster
