// Gateway listeners: one per port, one filter chain per set of server names.
#include <map>
#include <set>

#include "base/strings.h"
#include "doc/json.h"
#include "mesh/translate/clusters/outbound.h"
#include "mesh/translate/envoy/blocks.h"
#include "mesh/translate/envoy/http.h"
#include "mesh/translate/gateways/gateway.h"
#include "mesh/translate/gateways/passthrough.h"
#include "mesh/translate/gateways/server_tls.h"
#include "mesh/translate/listeners/tcp_route.h"
#include "mesh/translate/security/rbac.h"

namespace meshka::mesh {
namespace {

class PortListener {
 public:
  PortListener(const Model& model, const ProxyIdentity& proxy, int port)
      : model_(model), proxy_(proxy), port_(port) {}

  void add(const GatewayServer& server) {
    tls_ = hasTls(server.kind);
    switch (server.kind) {
      case ServerKind::kHttp:
        push(obj(), {http(server)}, {});
        break;
      case ServerKind::kHttps:
        if (Draft socket = serverTls(server); !socket.isNull()) {
          push(sniMatch(namesOf(server)), {http(server)}, std::move(socket));
        }
        break;
      case ServerKind::kTlsTermination:
        addTerminated(server);
        break;
      case ServerKind::kTlsPassthrough:
        addPassthrough(server);
        break;
      case ServerKind::kAutoPassthrough:
        addAuto(server);
        break;
      case ServerKind::kTcp:
        addTcp(server, obj(), {});
        break;
    }
  }

  bool empty() const { return chains_.size() == 0; }

  NamedResource finish() {
    Draft listener = obj("name", cat("0.0.0.0_", port_), "address", address("0.0.0.0", port_),
                         "traffic_direction", "OUTBOUND", "filter_chains", std::move(chains_));
    if (tls_) listener["listener_filters"] = arr(tlsInspector());
    Draft logs = listenerAccessLogs(model_.config());
    if (logs.size() > 0) listener["access_log"] = std::move(logs);
    return named(std::move(listener));
  }

 private:
  static std::vector<std::string> namesOf(const GatewayServer& server) {
    std::set<std::string> names;
    for (const HostFilter& filter : server.hosts) {
      if (filter.host == "*") return {};
      names.insert(filter.host);
    }
    return {names.begin(), names.end()};
  }
  static Draft sniMatch(const std::vector<std::string>& names) {
    Draft out = obj("transport_protocol", "tls");
    if (!names.empty()) out["server_names"] = Draft::strings(names);
    return out;
  }
  RoutePlace placeOf(const GatewayServer& server) const {
    return {server.gateway, server.port, proxy_.ns, &proxy_.labels};
  }

  // The first server that asks for a match has it.
  void push(Draft match, std::vector<Draft> filters, Draft socket) {
    if (!matches_.insert(doc::toJson(match.finish())).second) return;
    Draft chain = obj("filters", Draft::array(std::move(filters)));
    if (match.size() > 0) chain["filter_chain_match"] = std::move(match);
    if (!socket.isNull()) chain["transport_socket"] = std::move(socket);
    chains_.push(std::move(chain));
  }

  Draft http(const GatewayServer& server) const {
    HttpManager manager;
    manager.role = HttpRole::kGateway;
    manager.stat_prefix = cat("outbound_0.0.0.0_", port_);
    manager.route_name = server.route_name;
    manager.before = rbacFilters(model_, proxy_.ns, proxy_.labels, RbacKind::kHttp);
    return httpManager(model_.config(), std::move(manager));
  }

  std::vector<Draft> withRbac(Draft target) const {
    std::vector<Draft> out = rbacFilters(model_, proxy_.ns, proxy_.labels, RbacKind::kTcp);
    out.push_back(std::move(target));
    return out;
  }

  void addTcp(const GatewayServer& server, Draft match, Draft socket) {
    for (const BoundService& bound : boundTo(model_, proxy_, server)) {
      const RouteContext context{model_, proxy_, bound.vs->ns, server.port};
      const doc::Value rule = tcpRuleAt(bound.vs->spec, placeOf(server));
      auto target = tcpTarget(context, rule["route"]);
      if (!target) continue;
      push(std::move(match), withRbac(std::move(*target)), std::move(socket));
      return;
    }
  }

  void addTerminated(const GatewayServer& server) {
    Draft socket = serverTls(server);
    if (!socket.isNull()) addTcp(server, sniMatch(namesOf(server)), std::move(socket));
  }

  void addPassthrough(const GatewayServer& server) {
    for (const BoundService& bound : boundTo(model_, proxy_, server)) {
      const RouteContext context{model_, proxy_, bound.vs->ns, server.port};
      for (const SniRule& rule : tlsRulesAt(bound.vs->spec, placeOf(server))) {
        auto target = tcpTarget(context, rule.destinations);
        if (!target || rule.names.empty()) continue;
        std::vector<std::string> names = rule.names;
        std::erase(names, "*");
        push(sniMatch(names), withRbac(std::move(*target)), {});
      }
    }
  }

  void addAuto(const GatewayServer& server) {
    for (const PassedService& passed : passedBy(model_, proxy_, server)) {
      const std::string name = dnatName(passed.port->number, passed.subset, passed.service->host);
      Draft match = sniMatch({name});
      match["application_protocols"] =
          arr("istio", "istio-peer-exchange", "istio-http/1.0", "istio-http/1.1", "istio-h2");
      push(std::move(match), withRbac(tcpProxy(model_.config(), name, name)), {});
    }
  }

  const Model& model_;
  const ProxyIdentity& proxy_;
  const int port_;
  bool tls_ = false;
  Draft chains_ = Draft::array();
  std::set<std::string> matches_;
};

}  // namespace

std::vector<NamedResource> gatewayListeners(const Model& model, const ProxyIdentity& proxy) {
  std::map<int, PortListener> ports;
  for (const GatewayServer& server : serversOf(model, proxy)) {
    ports.try_emplace(server.bind, model, proxy, server.bind).first->second.add(server);
  }
  std::vector<NamedResource> out;
  for (auto& [port, listener] : ports) {
    if (!listener.empty()) out.push_back(listener.finish());
  }
  return out;
}

}  // namespace meshka::mesh
