// The servers of the Gateways that select one router, with the ports its pod really listens on.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/model/model.h"
#include "mesh/translate/translate.h"

namespace meshka::mesh {

enum class ServerKind : uint8_t {
  kHttp,             // in the clear
  kHttps,            // TLS ends here, HTTP inside
  kTlsTermination,   // TLS ends here, bytes inside
  kTlsPassthrough,   // routed by SNI
  kAutoPassthrough,  // between clusters: routed by the SNI of mutual TLS
  kTcp,
};
bool hasTls(ServerKind kind);

struct HostFilter {
  std::string ns;  // "" or "*": any
  std::string host;
};

struct GatewayServer {
  std::string gateway;  // "ns/name"
  std::string ns;
  doc::Value spec;  // the server
  ServerKind kind = ServerKind::kHttp;
  int port = 0;  // as the Gateway names it
  int bind = 0;  // where the pod listens
  std::vector<HostFilter> hosts;
  // "http.8080" (shared by all HTTP servers of a port), "https.443.web.shop-gateway.shop".
  std::string route_name;
};

// Oldest Gateway first. A port holds either servers with TLS or without: the oldest one decides.
std::vector<GatewayServer> serversOf(const Model& model, const ProxyIdentity& proxy);

// VirtualServices that are bound to a server and visible, oldest first, each with the hosts that it
// serves there.
struct BoundService {
  const VirtualService* vs = nullptr;
  std::vector<std::string> hosts;
};
std::vector<BoundService> boundTo(const Model& model, const ProxyIdentity& proxy,
                                  const GatewayServer& server);

// Servers without listener, and why.
std::vector<std::string> gatewayWarnings(const Model& model);

}  // namespace meshka::mesh
