// What the DNS proxy of a sidecar answers.
#include <set>

#include "base/strings.h"
#include "mesh/translate/envoy/draft.h"
#include "mesh/translate/scope.h"
#include "mesh/translate/vips.h"

namespace meshka::mesh {
namespace {

// The addresses of a headless service's pods in this cluster.
std::vector<std::string> podsOf(const Service& service) {
  std::set<std::string> out;
  for (const Endpoint& endpoint : service.endpoints) out.insert(endpoint.address);
  return {out.begin(), out.end()};
}

// "web-0.web.shop.svc..." for pods that have a host name of their own.
void addPodHosts(Draft& table, const Model& model, const Service& service) {
  for (const Endpoint& endpoint : service.endpoints) {
    const std::string_view hostname =
        model.pod(service.ns, endpoint.pod)["spec"]["hostname"].text();
    if (hostname.empty()) continue;
    const std::string short_name = cat(hostname, ".", service.name);
    table[cat(hostname, ".", service.host)] =
        obj("ips", arr(endpoint.address), "registry", "Kubernetes", "shortname", short_name,
            "namespace", service.ns);
  }
}

}  // namespace

std::optional<doc::Doc> nameTableOf(const Model& model, const ProxyIdentity& proxy) {
  if (proxy.router || !proxy.dns_capture) return std::nullopt;
  Draft table = obj();
  for (const Service* service : scopeOf(model, proxy).services) {
    if (service->host.starts_with("*")) continue;
    std::vector<std::string> ips = service->headless ? podsOf(*service) : vipsOf(*service, proxy);
    if (ips.empty()) continue;
    Draft entry = obj("ips", Draft::strings(ips), "registry",
                      service->kubernetes ? "Kubernetes" : "External");
    if (service->kubernetes) {
      entry["shortname"] = service->name;
      entry["namespace"] = service->ns;
      if (service->headless) addPodHosts(table, model, *service);
    }
    table[service->host] = std::move(entry);
  }
  return obj("table", std::move(table)).finish();
}

}  // namespace meshka::mesh
