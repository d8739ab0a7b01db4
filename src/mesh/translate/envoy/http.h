// The HTTP connection manager and its filters.
#pragma once

#include <string>
#include <vector>

#include "mesh/model/mesh_config.h"
#include "mesh/translate/envoy/draft.h"

namespace meshka::mesh {

enum class HttpRole : uint8_t { kOutbound, kInbound, kGateway };

struct HttpManager {
  HttpRole role = HttpRole::kOutbound;
  std::string stat_prefix;
  std::string route_name;  // by RDS, when route_config is null
  Draft route_config;
  std::vector<Draft> before;  // filters in front of cors, fault and router
  bool grpc = false;          // count gRPC calls
};
Draft httpManager(const MeshConfig& config, HttpManager manager);

// Makes the upstream TLS handshake offer what a sniffing server needs to know:
// "istio-http/1.1,istio,http/1.1" or "istio-h2,istio,h2".
Draft alpnFilter(std::string_view protocols);

}  // namespace meshka::mesh
