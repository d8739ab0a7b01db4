// Route configurations of gateways: a virtual host per host that a VirtualService serves there.
#include <map>

#include "base/strings.h"
#include "mesh/translate/gateways/gateway.h"
#include "mesh/translate/gateways/servers.h"
#include "mesh/translate/routes/virtual_service.h"

namespace meshka::mesh {
namespace {

struct Host {
  std::vector<Draft> routes;
  bool redirect_to_https = false;
};

class Builder {
 public:
  Builder(const Model& model, const ProxyIdentity& proxy) : model_(model), proxy_(proxy) {}

  void add(const GatewayServer& server) {
    port_ = server.bind;
    const bool https_only = server.spec["tls"]["httpsRedirect"].boolean();
    if (https_only) {
      for (const HostFilter& filter : server.hosts) hosts_[filter.host].redirect_to_https = true;
    }
    for (const BoundService& bound : boundTo(model_, proxy_, server)) {
      const RouteContext context{model_, proxy_, bound.vs->ns, server.port};
      const std::vector<Draft> routes = virtualServiceRoutes(
          context, *bound.vs, {server.gateway, server.port, proxy_.ns, &proxy_.labels});
      for (const std::string& name : bound.hosts) {
        Host& host = hosts_[name];
        host.routes.insert(host.routes.end(), routes.begin(), routes.end());
        host.redirect_to_https = host.redirect_to_https || https_only;
      }
    }
  }

  Draft finish(const std::string& name) {
    Draft list = Draft::array();
    for (auto& [domain, host] : hosts_) {
      if (host.routes.empty() && !host.redirect_to_https) continue;
      Draft one = obj("name", cat(domain, ":", port_), "domains", arr(domain), "routes",
                      Draft::array(std::move(host.routes)), "include_request_attempt_count", true);
      if (host.redirect_to_https) one["require_tls"] = "ALL";
      list.push(std::move(one));
    }
    if (list.size() == 0) list.push(obj("name", cat("blackhole:", port_), "domains", arr("*")));
    return obj("name", name, "validate_clusters", false, "ignore_port_in_host_matching", true,
               "virtual_hosts", std::move(list));
  }

 private:
  const Model& model_;
  const ProxyIdentity& proxy_;
  int port_ = 0;
  std::map<std::string, Host> hosts_;
};

}  // namespace

Draft gatewayRoutes(const Model& model, const ProxyIdentity& proxy, const std::string& name) {
  Builder builder(model, proxy);
  bool known = false;
  for (const GatewayServer& server : serversOf(model, proxy)) {
    const bool http = server.kind == ServerKind::kHttp || server.kind == ServerKind::kHttps;
    if (!http || server.route_name != name) continue;
    known = true;
    builder.add(server);
  }
  if (!known) return obj("name", name, "validate_clusters", false);
  return builder.finish(name);
}

}  // namespace meshka::mesh
