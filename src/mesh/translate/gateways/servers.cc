// Which servers a router has.
#include "mesh/translate/gateways/servers.h"

#include <algorithm>

#include "base/strings.h"

namespace meshka::mesh {
namespace {

constexpr int kFirstUnprivilegedPort = 1024;

std::vector<HostFilter> hostsOf(doc::Value server, std::string_view own_ns) {
  std::vector<HostFilter> out;
  for (const std::string& entry : texts(server["hosts"])) {
    const size_t slash = entry.find('/');
    if (slash == std::string::npos) {
      out.push_back({"", entry});
    } else {
      const std::string ns = entry.substr(0, slash);
      out.push_back({ns == "." ? std::string(own_ns) : ns, entry.substr(slash + 1)});
    }
  }
  return out;
}

// false: the server cannot be served.
bool setKind(GatewayServer& out) {
  const std::string protocol = toLower(out.spec["port"]["protocol"].text());
  const std::string_view mode = out.spec["tls"]["mode"].text();
  const Protocol parsed = protocolOfField(protocol, "", 0);
  if (isTls(parsed) || mode == "AUTO_PASSTHROUGH" || mode == "PASSTHROUGH") {
    if (mode == "AUTO_PASSTHROUGH") {
      out.kind = ServerKind::kAutoPassthrough;
    } else if (mode == "PASSTHROUGH" || !out.spec["tls"].isObject()) {
      out.kind = ServerKind::kTlsPassthrough;
    } else {
      out.kind = parsed == Protocol::kHttps ? ServerKind::kHttps : ServerKind::kTlsTermination;
    }
    return true;
  }
  if (isHttp(parsed)) {
    out.kind = ServerKind::kHttp;
  } else if (parsed == Protocol::kTcp) {
    out.kind = ServerKind::kTcp;
  } else {
    return false;
  }
  return true;
}

// A Gateway may name the port of the Service in front of the router.
int bindPort(const Model& model, const ProxyIdentity& proxy, int port) {
  for (const Service& service : model.services()) {
    if (!service.kubernetes || service.ns != proxy.ns || service.selector.empty()) continue;
    if (!selects(service.selector, proxy.labels)) continue;
    const Port* its = service.port(port);
    if (its != nullptr && its->target != 0) return its->target;
  }
  return port;
}

}  // namespace

bool hasTls(ServerKind kind) {
  return kind != ServerKind::kHttp && kind != ServerKind::kTcp;
}

std::vector<GatewayServer> serversOf(const Model& model, const ProxyIdentity& proxy) {
  std::vector<GatewayServer> out;
  std::map<int, ServerKind> kinds;
  for (const doc::Value gateway : model.gateways()) {
    if (!selects(gateway["spec"]["selector"], proxy.labels)) continue;
    for (doc::Value spec : gateway["spec"]["servers"].elements()) {
      GatewayServer server;
      server.gateway = objectKey(gateway);
      server.ns = metaNamespace(gateway);
      server.spec = spec;
      server.port = static_cast<int>(spec["port"]["number"].integer());
      server.bind = bindPort(model, proxy, server.port);
      server.hosts = hostsOf(spec, server.ns);
      if (!setKind(server) || server.bind < kFirstUnprivilegedPort) continue;
      const auto [first, fresh] = kinds.try_emplace(server.bind, server.kind);
      if (hasTls(first->second) != hasTls(server.kind)) continue;
      if (server.kind != first->second && !hasTls(server.kind)) continue;  // HTTP and TCP
      server.route_name = server.kind == ServerKind::kHttp
                              ? cat("http.", server.bind)
                              : cat("https.", server.port, ".", spec["port"]["name"].text(), ".",
                                    metaName(gateway), ".", server.ns);
      out.push_back(std::move(server));
    }
  }
  return out;
}

std::vector<BoundService> boundTo(const Model& model, const ProxyIdentity& proxy,
                                  const GatewayServer& server) {
  std::vector<BoundService> out;
  for (const VirtualService& vs : model.virtualServices()) {
    if (!vs.boundTo(server.gateway)) continue;
    if (!vs.export_to.sees(proxy.ns)) continue;
    BoundService bound{&vs, {}};
    for (const std::string& host : vs.hosts) {
      for (const HostFilter& filter : server.hosts) {
        if (!filter.ns.empty() && filter.ns != "*" && filter.ns != vs.ns) continue;
        const auto common = hostOverlap(host, filter.host);
        if (!common) continue;
        if (std::find(bound.hosts.begin(), bound.hosts.end(), *common) == bound.hosts.end()) {
          bound.hosts.push_back(*common);
        }
      }
    }
    if (!bound.hosts.empty()) out.push_back(std::move(bound));
  }
  return out;
}

namespace {

// A privileged port that no Service in front of such pods maps to another.
bool cannotBind(const Model& model, doc::Value gateway, int port) {
  if (port >= kFirstUnprivilegedPort) return false;
  for (const Service& service : model.services()) {
    const Port* its = service.kubernetes ? service.port(port) : nullptr;
    if (its == nullptr || its->target < kFirstUnprivilegedPort) continue;
    if (selects(gateway["spec"]["selector"], service.selector)) return false;
  }
  return true;
}

}  // namespace

std::vector<std::string> gatewayWarnings(const Model& model) {
  std::vector<std::string> out;
  for (const doc::Value gateway : model.gateways()) {
    for (doc::Value spec : gateway["spec"]["servers"].elements()) {
      const std::string at =
          cat("Gateway ", objectKey(gateway), ": server port ", spec["port"]["number"].integer());
      GatewayServer server;
      server.spec = spec;
      if (!setKind(server)) {
        out.push_back(
            cat(at, ": protocol \"", spec["port"]["protocol"].text(), "\" is not supported yet"));
      }
      const doc::Value tls = spec["tls"];
      const bool ends_tls =
          server.kind == ServerKind::kHttps || server.kind == ServerKind::kTlsTermination;
      if (ends_tls && tls["mode"].text() != "ISTIO_MUTUAL" && !tls["credentialName"].exists() &&
          !tls["serverCertificate"].exists()) {
        out.push_back(cat(at, ": tls names no certificate, so the server has no listener"));
      }
      if (cannotBind(model, gateway, static_cast<int>(spec["port"]["number"].integer()))) {
        out.push_back(cat(at,
                          ": below 1024 and no Service maps it to another port, so the server "
                          "has no listener"));
      }
    }
  }
  return out;
}

}  // namespace meshka::mesh
