// Collects services into listeners: HTTP ports share 0.0.0.0, others have the service's address.
#include "mesh/translate/listeners/outbound.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/strings.h"
#include "mesh/translate/clusters/outbound.h"
#include "mesh/translate/envoy/blocks.h"
#include "mesh/translate/listeners/plan.h"
#include "mesh/translate/listeners/tcp_route.h"
#include "mesh/translate/scope.h"
#include "mesh/translate/vips.h"

namespace meshka::mesh {
namespace {

constexpr std::string_view kAnyAddress = "0.0.0.0";

class Collector {
 public:
  Collector(const Model& model, const ProxyIdentity& proxy)
      : model_(model), proxy_(proxy), scope_(scopeOf(model, proxy)) {}

  void add(const Service& service, const Port& port) {
    if (port.protocol == Protocol::kUdp) return;
    const VirtualService* vs = virtualServiceFor(scope_.virtual_services, service.host);
    const std::vector<std::string> binds = bindsOf(service, port, proxy_);
    if (binds.empty() && !service.headless) addWildcard(service, port, vs);
    for (const std::string& bind : binds) addAt(bind, service, port, vs);
    if (binds.empty() && service.headless && isHttp(port.protocol)) {
      addWildcard(service, port, vs);
    }
  }

  std::vector<NamedResource> finish() {
    std::vector<NamedResource> out;
    for (auto& [key, plan] : plans_) {
      out.push_back(listenerOf(model_.config(), std::move(plan), scope_.allow_any));
    }
    out.push_back(virtualOutbound());
    return out;
  }

  const Scope& scope() const { return scope_; }

 private:
  ListenerPlan& plan(std::string_view bind, int port) {
    ListenerPlan& out = plans_[{std::string(bind), port}];
    out.bind = bind;
    out.port = port;
    return out;
  }
  RoutePlace placeOf(const Port& port) const {
    return {kMesh, port.number, proxy_.ns, &proxy_.labels};
  }

  Draft tcp(const Service& service, const Port& port, const VirtualService* vs) const {
    if (vs != nullptr) {
      const doc::Value rule = tcpRuleAt(vs->spec, placeOf(port));
      const RouteContext context{model_, proxy_, vs->ns, port.number};
      if (auto target = tcpTarget(context, rule["route"])) return std::move(*target);
    }
    const std::string cluster = outboundName(port.number, "", service.host);
    return tcpProxy(model_.config(), cluster, cluster);
  }

  void addSni(ListenerPlan& plan, const Port& port, const VirtualService* vs) const {
    if (vs == nullptr || !isTls(port.protocol)) return;
    const RouteContext context{model_, proxy_, vs->ns, port.number};
    for (const SniRule& rule : tlsRulesAt(vs->spec, placeOf(port))) {
      auto target = tcpTarget(context, rule.destinations);
      if (!target || rule.names.empty()) continue;
      plan.addChain(obj("server_names", Draft::strings(rule.names), "transport_protocol", "tls"),
                    std::move(*target));
    }
  }

  void addWildcard(const Service& service, const Port& port, const VirtualService* vs) {
    ListenerPlan& at = plan(kAnyAddress, port.number);
    if (isHttp(port.protocol) || port.protocol == Protocol::kAuto) {
      at.http = true;
      at.grpc = at.grpc || isGrpc(port.protocol);
      at.route_name = cat(port.number);
      if (isHttp(port.protocol)) return;
    }
    const std::vector<std::string> ranges = rangesOf(service);
    if (!ranges.empty()) {
      Draft prefixes = Draft::array();
      for (const std::string& text : ranges) {
        const auto range = parseRange(text);
        prefixes.push(obj("address_prefix", range->address, "prefix_len", range->bits));
      }
      at.addChain(obj("prefix_ranges", std::move(prefixes)), tcp(service, port, vs));
      return;
    }
    addSni(at, port, vs);
    if (isTls(port.protocol) && service.host != "*") {
      at.addChain(obj("server_names", arr(service.host), "transport_protocol", "tls"),
                  tcp(service, port, vs));
    } else if (at.rest.isNull()) {
      at.rest = tcp(service, port, vs);
    }
  }

  void addAt(const std::string& bind, const Service& service, const Port& port,
             const VirtualService* vs) {
    ListenerPlan& at = plan(bind, port.number);
    if (!at.rest.isNull()) return;  // the older service has it
    if (port.protocol == Protocol::kAuto) {
      at.http = true;
      at.sniffed = true;
      at.route_name = routeNameOf(service, port, proxy_);
    }
    addSni(at, port, vs);
    at.rest = tcp(service, port, vs);
  }

  NamedResource virtualOutbound() const {
    const MeshConfig& config = model_.config();
    const std::string_view rest = scope_.allow_any ? kPassthrough : kBlackHole;
    Draft listener = obj("name", "virtualOutbound", "address", address(kAnyAddress, 15001),
                         "use_original_dst", true, "traffic_direction", "OUTBOUND", "filter_chains",
                         arr(obj("name", "virtualOutbound-blackhole", "filter_chain_match",
                                 obj("destination_port", 15001), "filters",
                                 arr(tcpProxy(config, kBlackHole, kBlackHole))),
                             obj("name", "virtualOutbound-catchall-tcp", "filters",
                                 arr(tcpProxy(config, rest, rest)))));
    Draft logs = listenerAccessLogs(config);
    if (logs.size() > 0) listener["access_log"] = std::move(logs);
    return named(std::move(listener));
  }

  const Model& model_;
  const ProxyIdentity& proxy_;
  const Scope scope_;
  std::map<std::pair<std::string, int>, ListenerPlan> plans_;
};

}  // namespace

std::vector<NamedResource> outboundListeners(const Model& model, const ProxyIdentity& proxy) {
  Collector collector(model, proxy);
  std::vector<const Service*> oldest = collector.scope().services;
  std::sort(oldest.begin(), oldest.end(), [](const Service* a, const Service* b) {
    return std::tie(a->created, a->host) < std::tie(b->created, b->host);
  });
  for (const Service* service : oldest) {
    for (const Port& port : service->ports) collector.add(*service, port);
  }
  return collector.finish();
}

}  // namespace meshka::mesh
