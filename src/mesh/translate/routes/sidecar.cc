// Virtual hosts of the services with HTTP on one port.
#include "mesh/translate/routes/sidecar.h"

#include <algorithm>

#include "base/strings.h"
#include "mesh/translate/envoy/blocks.h"
#include "mesh/translate/routes/domains.h"
#include "mesh/translate/routes/virtual_service.h"
#include "mesh/translate/scope.h"
#include "mesh/translate/vips.h"

namespace meshka::mesh {
namespace {

std::vector<std::string> domainsOf(const Model& model, const ProxyIdentity& proxy,
                                   const Service& service) {
  std::vector<std::string> out{service.host};
  if (!service.host.starts_with("*")) out.push_back(cat(service.host, "."));
  for (std::string& name : shortNames(service.host, proxy.ns, model.config().cluster_domain)) {
    out.push_back(std::move(name));
  }
  for (std::string& vip : vipsOf(service, proxy)) {
    out.push_back(isIpv6(vip) ? cat("[", vip, "]") : std::move(vip));
  }
  if (service.headless) out.push_back(cat("*.", service.host));
  return out;
}

Draft defaultRoute(const RouteContext& context, const Service& service, const Port& port) {
  const std::string cluster = outboundName(port.number, "", service.host);
  Draft action = plainAction(cluster);
  Draft hash = hashPolicies(context, service, port, "");
  if (hash.size() > 0) action["hash_policy"] = std::move(hash);
  return obj("name", "default", "match", obj("prefix", "/"), "route", std::move(action),
             "decorator", obj("operation", cat(service.host, ":", port.number, "/*")));
}

class Builder {
 public:
  Builder(const Model& model, const ProxyIdentity& proxy)
      : model_(model), proxy_(proxy), scope_(scopeOf(model, proxy)) {}

  void addService(const Service& service, const Port& port) {
    const RouteContext context{model_, proxy_, proxy_.ns, port.number};
    const VirtualService* vs = virtualServiceFor(scope_.virtual_services, service.host);
    std::vector<Draft> routes;
    if (vs != nullptr) {
      routes = virtualServiceRoutes(context, *vs, {kMesh, port.number, proxy_.ns, &proxy_.labels});
    }
    // A VirtualService without HTTP rules leaves the port as it is.
    if (vs == nullptr || vs->spec["http"].empty()) {
      routes.push_back(defaultRoute(context, service, port));
    }
    hosts_.add(cat(service.host, ":", port.number), domainsOf(model_, proxy_, service),
               std::move(routes));
  }

  // Hosts that only a VirtualService knows are served on port 80.
  void addUnregistered(int port) {
    if (port != 80) return;
    for (const VirtualService* vs : scope_.virtual_services) {
      for (const std::string& host : vs->hosts) {
        if (hosts_.has(host) || model_.service(host, proxy_.ns) != nullptr) continue;
        const RouteContext context{model_, proxy_, vs->ns, port};
        hosts_.add(cat(host, ":", port), {host},
                   virtualServiceRoutes(context, *vs, {kMesh, port, proxy_.ns, &proxy_.labels}));
      }
    }
  }

  Draft build(const std::string& name) {
    const auto number = parseInt(name);
    for (const Service* service : scope_.services) {
      for (const Port& port : service->ports) {
        const bool http = isHttp(port.protocol) || port.protocol == Protocol::kAuto;
        if (http && routeNameOf(*service, port, proxy_) == name) addService(*service, port);
      }
    }
    if (number) addUnregistered(static_cast<int>(*number));
    hosts_.addCatchAll(scope_.allow_any);
    return hosts_.finish(name);
  }

 private:
  const Model& model_;
  const ProxyIdentity& proxy_;
  const Scope scope_;
  VirtualHosts hosts_;
};

}  // namespace

Draft sidecarRoutes(const Model& model, const ProxyIdentity& proxy, const std::string& name) {
  const bool port = parseInt(name).has_value();
  const size_t colon = name.rfind(':');
  const bool known = port || (colon != std::string::npos &&
                              model.service(name.substr(0, colon), proxy.ns) != nullptr);
  if (!known) return obj("name", name, "validate_clusters", false);
  return Builder(model, proxy).build(name);
}

}  // namespace meshka::mesh
