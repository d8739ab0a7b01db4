// virtualInbound: per port and mode of mutual TLS the chains that may pass, with the workload's
// AuthorizationPolicies in each.
#include "mesh/translate/listeners/inbound.h"

#include <algorithm>

#include "base/strings.h"
#include "mesh/translate/clusters/outbound.h"
#include "mesh/translate/envoy/blocks.h"
#include "mesh/translate/envoy/http.h"
#include "mesh/translate/own_ports.h"
#include "mesh/translate/security/rbac.h"

namespace meshka::mesh {
namespace {

enum class Inside : uint8_t { kHttp, kTcp, kEither };

// Where the chains of one port lead. Port 0: every port that is not named.
struct Target {
  int port = 0;
  Inside inside = Inside::kEither;
  MutualTls mode = MutualTls::kPermissive;
  std::string cluster;
  std::string operation;
  bool grpc = false;
};

class Chains {
 public:
  Chains(const Model& model, const ProxyIdentity& proxy)
      : config_(model.config()),
        http_rbac_(rbacFilters(model, proxy.ns, proxy.labels, RbacKind::kHttp)),
        tcp_rbac_(rbacFilters(model, proxy.ns, proxy.labels, RbacKind::kTcp)) {}

  void add(const Target& target) {
    const bool strict = target.mode == MutualTls::kStrict;
    const bool disabled = target.mode == MutualTls::kDisable;
    if (target.inside == Inside::kHttp) {
      if (!disabled) http(target, strict ? tls() : tls(kAnyMesh), true);
      if (!strict) http(target, raw(), false);
      return;
    }
    if (target.inside == Inside::kTcp) {
      if (!disabled) tcp(target, strict ? tls() : tls(kAnyMesh), true);
      if (!strict && !disabled) tcp(target, tls(), false);  // the application's own TLS
      if (!strict) tcp(target, disabled ? obj() : raw(), false);
      return;
    }
    if (!disabled) http(target, tls(kMeshHttp), true);
    if (!strict) http(target, raw(kPlainHttp), false);
    if (!disabled) tcp(target, strict ? tls() : tls(kMeshTcp), true);
    if (!strict) {
      tcp(target, tls(), false);
      tcp(target, raw(), false);
    }
  }

  Draft finish() { return Draft::array(std::move(chains_)); }

 private:
  using Protocols = std::vector<std::string>;
  static inline const Protocols kAnyMesh{"istio", "istio-peer-exchange", "istio-http/1.0",
                                         "istio-http/1.1", "istio-h2"};
  static inline const Protocols kMeshHttp{"istio-http/1.0", "istio-http/1.1", "istio-h2"};
  static inline const Protocols kMeshTcp{"istio-peer-exchange", "istio"};
  static inline const Protocols kPlainHttp{"http/1.0", "http/1.1", "h2c"};

  static Draft match(std::string_view transport, const Protocols& protocols) {
    Draft out = obj("transport_protocol", transport);
    if (!protocols.empty()) out["application_protocols"] = Draft::strings(protocols);
    return out;
  }
  static Draft tls(const Protocols& protocols = {}) { return match("tls", protocols); }
  static Draft raw(const Protocols& protocols = {}) { return match("raw_buffer", protocols); }

  void push(const Target& target, Draft match, std::string name, std::vector<Draft> filters,
            bool mutual) {
    if (target.port != 0) match["destination_port"] = target.port;
    Draft chain = obj("name", name, "filter_chain_match", std::move(match), "filters",
                      Draft::array(std::move(filters)));
    if (mutual) chain["transport_socket"] = meshTlsDownstream();
    chains_.push_back(std::move(chain));
  }

  Draft routes(const Target& target) const {
    Draft route = obj("name", "default", "match", obj("prefix", "/"), "route",
                      obj("cluster", target.cluster, "timeout", "0s", "max_stream_duration",
                          obj("max_stream_duration", "0s", "grpc_timeout_header_max", "0s")),
                      "decorator", obj("operation", target.operation));
    return obj("name", target.cluster, "validate_clusters", false, "virtual_hosts",
               arr(obj("name", cat("inbound|http|", target.port), "domains", arr("*"), "routes",
                       arr(std::move(route)))));
  }

  void http(const Target& target, Draft match, bool mutual) {
    HttpManager manager;
    manager.role = HttpRole::kInbound;
    manager.stat_prefix = target.port != 0 ? cat("inbound_0.0.0.0_", target.port) : target.cluster;
    manager.route_config = routes(target);
    manager.before = http_rbac_;
    manager.grpc = target.grpc;
    push(target, std::move(match),
         target.port != 0 ? cat("0.0.0.0_", target.port) : "virtualInbound-catchall-http",
         {httpManager(config_, std::move(manager))}, mutual);
  }

  void tcp(const Target& target, Draft match, bool mutual) {
    std::vector<Draft> filters = tcp_rbac_;
    filters.push_back(tcpProxy(config_, target.cluster, target.cluster));
    push(target, std::move(match),
         target.port != 0 ? cat("0.0.0.0_", target.port) : "virtualInbound", std::move(filters),
         mutual);
  }

  const MeshConfig& config_;
  const std::vector<Draft> http_rbac_;
  const std::vector<Draft> tcp_rbac_;
  std::vector<Draft> chains_;
};

Inside insideOf(Protocol protocol) {
  if (isHttp(protocol)) return Inside::kHttp;
  return protocol == Protocol::kAuto ? Inside::kEither : Inside::kTcp;
}

// Declared ports need no look at their first bytes for HTTP.
Draft inspectorFor(const std::vector<OwnPort>& ports) {
  Draft out = httpInspector();
  std::vector<Draft> declared;
  for (const OwnPort& port : ports) {
    if (port.protocol == Protocol::kAuto) continue;
    declared.push_back(
        obj("destination_port_range", obj("start", port.number, "end", port.number + 1)));
  }
  if (declared.size() == 1) out["filter_disabled"] = std::move(declared[0]);
  if (declared.size() > 1) {
    out["filter_disabled"] = obj("or_match", obj("rules", Draft::array(std::move(declared))));
  }
  return out;
}

Target passthrough(int port, MutualTls mode) {
  return {port, Inside::kEither, mode, std::string(kInboundPassthrough), cat(":", port, "/*"),
          false};
}

}  // namespace

NamedResource inboundListener(const Model& model, const ProxyIdentity& proxy) {
  const MeshConfig& config = model.config();
  const PeerPolicies peers = model.peers(proxy.ns, proxy.labels);
  const std::vector<OwnPort> ports = ownPorts(model, proxy);
  Chains chains(model, proxy);
  for (const OwnPort& port : ports) {
    chains.add({port.number, insideOf(port.protocol), peers.mode(port.number),
                inboundName(port.number), cat(port.service->host, ":", port.service_port, "/*"),
                isGrpc(port.protocol)});
  }
  for (const int number : peers.ports()) {  // of ports that no service has
    const bool served = std::any_of(ports.begin(), ports.end(),
                                    [&](const OwnPort& port) { return port.number == number; });
    if (!served && number != 15006) chains.add(passthrough(number, peers.mode(number)));
  }
  chains.add(passthrough(0, peers.mode()));
  Draft all = chains.finish();
  all.insert(0, obj("name", "virtualInbound-blackhole", "filter_chain_match",
                    obj("destination_port", 15006), "filters",
                    arr(tcpProxy(config, kBlackHole, kBlackHole))));
  Draft listener =
      obj("name", "virtualInbound", "address", address("0.0.0.0", 15006), "traffic_direction",
          "INBOUND", "listener_filters_timeout", "0s", "continue_on_listener_filters_timeout", true,
          "listener_filters", arr(originalDst(), tlsInspector(), inspectorFor(ports)),
          "filter_chains", std::move(all));
  Draft logs = listenerAccessLogs(config);
  if (logs.size() > 0) listener["access_log"] = std::move(logs);
  return named(std::move(listener));
}

}  // namespace meshka::mesh
