// The type URLs of the aggregated discovery service, in the order in which they are pushed.
#pragma once

#include <string_view>

namespace meshka::xds {

inline constexpr std::string_view kCluster = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
inline constexpr std::string_view kEndpoints =
    "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";
inline constexpr std::string_view kListener =
    "type.googleapis.com/envoy.config.listener.v3.Listener";
inline constexpr std::string_view kRoute =
    "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";
inline constexpr std::string_view kSecret =
    "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
inline constexpr std::string_view kNameTable =
    "type.googleapis.com/istio.networking.nds.v1.NameTable";

// The bundle of roots, for the agent beside Envoy (field ca_certificates_pem). istiod pushes it
// last.
inline constexpr std::string_view kProxyConfig =
    "type.googleapis.com/istio.mesh.v1alpha1.ProxyConfig";

inline constexpr std::string_view kTypeOrder[] = {kCluster, kEndpoints, kListener,
                                                  kRoute,   kSecret,    kNameTable};

// "type.googleapis.com/a.b.C" -> "a.b.C"
constexpr std::string_view messageOf(std::string_view type_url) {
  return type_url.substr(type_url.rfind('/') + 1);
}

}  // namespace meshka::xds
