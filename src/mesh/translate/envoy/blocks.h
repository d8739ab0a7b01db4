// The pieces that clusters and listeners are put together from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mesh/model/mesh_config.h"
#include "mesh/translate/envoy/draft.h"

namespace meshka::mesh {

constexpr std::string_view kBlackHole = "BlackHoleCluster";
constexpr std::string_view kPassthrough = "PassthroughCluster";
// The name that 1.11 gives it.
constexpr std::string_view kInboundPassthrough = "InboundPassthroughClusterIpv4";
constexpr std::string_view kMesh = "mesh";  // the gateway that stands for all sidecars

Draft address(std::string_view ip, int port);
Draft adsSource();
// A certificate or root that the proxy's agent serves ("default", "ROOTCA", "file-root:...").
Draft agentSecret(std::string_view name);
// One that istiod serves ("kubernetes://NAME").
Draft istiodSecret(std::string_view name);

Draft noLimits();  // circuit breakers that never open
// typed_extension_protocol_options
Draft http1Options();
Draft http2Options();
Draft downstreamOptions();  // upstream speaks what downstream spoke

Draft rawBuffer();
// Mutual TLS between proxies: identity and root from the agent, the peer named by `sans` (none: any
// identity of the root).
Draft meshTlsUpstream(std::string_view sni, const std::vector<std::string>& sans);
Draft meshTlsDownstream();
// TLS 1.2 to 1.3 and the protocols offered.
Draft commonTls(const std::vector<std::string>& alpn);

Draft tlsInspector();
Draft httpInspector();
Draft originalDst();

enum class LogKind : uint8_t { kHttp, kTcp };
// As meshConfig asks; an empty array: none.
Draft accessLogs(const MeshConfig& config, LogKind kind);
// Connections that no filter chain takes.
Draft listenerAccessLogs(const MeshConfig& config);

Draft tcpProxy(const MeshConfig& config, std::string_view cluster, std::string_view stat_prefix);
// Several clusters with weights.
Draft tcpProxyWeighted(const MeshConfig& config, Draft weighted, std::string_view stat_prefix);

Draft million(double percent);  // a FractionalPercent

}  // namespace meshka::mesh
