// Visibility for sidecars.
#include "mesh/translate/scope.h"

#include <algorithm>
#include <set>

#include "mesh/translate/envoy/blocks.h"

namespace meshka::mesh {
namespace {

struct EgressHost {
  std::string ns;
  std::string host;
};

std::vector<EgressHost> egressOf(doc::Value sidecar, std::string_view own_ns) {
  std::vector<EgressHost> out;
  for (doc::Value listener : sidecar["spec"]["egress"].elements()) {
    for (const std::string& entry : texts(listener["hosts"])) {
      const size_t slash = entry.find('/');
      if (slash == std::string::npos) continue;
      std::string ns = entry.substr(0, slash);
      if (ns == ".") ns = own_ns;
      out.push_back({std::move(ns), entry.substr(slash + 1)});
    }
  }
  return out;
}

bool allowed(const std::vector<EgressHost>& egress, std::string_view ns, std::string_view host) {
  return std::any_of(egress.begin(), egress.end(), [&](const EgressHost& e) {
    return (e.ns == "*" || e.ns == ns) && hostInside(host, e.host);
  });
}

void addDestinations(const VirtualService& vs, std::string_view cluster_domain,
                     std::set<std::string>& hosts) {
  const auto take = [&](doc::Value destination) {
    const std::string_view host = destination["host"].text();
    if (!host.empty()) hosts.insert(fullHost(host, vs.ns, cluster_domain));
  };
  for (const std::string_view kind : {"http", "tcp", "tls"}) {
    for (doc::Value rule : vs.spec[kind].elements()) {
      for (doc::Value target : rule["route"].elements()) take(target["destination"]);
      take(rule["mirror"]);
    }
  }
}

}  // namespace

doc::Value sidecarOf(const Model& model, const ProxyIdentity& proxy) {
  doc::Value by_ns, by_root;
  for (const doc::Doc& sidecar : model.objects().sidecars) {
    const std::string_view ns = metaNamespace(sidecar);
    const doc::Value labels = sidecar["spec"]["workloadSelector"]["labels"];
    if (!labels.empty()) {
      if (ns == proxy.ns && selects(labels, proxy.labels)) return sidecar;
    } else if (ns == proxy.ns) {
      if (!by_ns.exists() || olderThan(sidecar, by_ns)) by_ns = sidecar;
    } else if (ns == model.config().root_namespace) {
      if (!by_root.exists() || olderThan(sidecar, by_root)) by_root = sidecar;
    }
  }
  return by_ns.exists() ? by_ns : by_root;
}

Scope scopeOf(const Model& model, const ProxyIdentity& proxy) {
  Scope out;
  out.allow_any = model.config().outbound_allow_any;
  for (const bool own : {true, false}) {
    for (const VirtualService& vs : model.virtualServices()) {
      if ((vs.ns == proxy.ns) != own || !vs.boundTo(kMesh)) continue;
      if (vs.export_to.sees(proxy.ns)) out.virtual_services.push_back(&vs);
    }
  }
  out.services = model.visibleServices(proxy.ns);
  const doc::Value sidecar = sidecarOf(model, proxy);
  if (!sidecar.exists()) return out;
  const std::string_view mode = sidecar["spec"]["outboundTrafficPolicy"]["mode"].text();
  if (!mode.empty()) out.allow_any = mode == "ALLOW_ANY";
  const std::vector<EgressHost> egress = egressOf(sidecar, proxy.ns);
  if (egress.empty()) return out;
  std::erase_if(out.virtual_services, [&](const VirtualService* vs) {
    return std::none_of(vs->hosts.begin(), vs->hosts.end(),
                        [&](const std::string& host) { return allowed(egress, vs->ns, host); });
  });
  std::set<std::string> needed;  // by the VirtualServices that stay
  for (const VirtualService* vs : out.virtual_services) {
    addDestinations(*vs, model.config().cluster_domain, needed);
  }
  std::erase_if(out.services, [&](const Service* service) {
    return !allowed(egress, service->ns, service->host) && !needed.contains(service->host);
  });
  return out;
}

const VirtualService* virtualServiceFor(const std::vector<const VirtualService*>& list,
                                        std::string_view host) {
  const VirtualService* best = nullptr;
  size_t length = 0;
  for (const VirtualService* vs : list) {
    for (const std::string& pattern : vs->hosts) {
      if (pattern == host) return vs;
      if (hostInside(host, pattern) && pattern.size() > length) {
        best = vs;
        length = pattern.size();
      }
    }
  }
  return best;
}

}  // namespace meshka::mesh
