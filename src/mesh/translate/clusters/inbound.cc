// Inbound clusters: to the pod's own address, from 127.0.0.6, which capture lets pass.
#include "mesh/translate/clusters/inbound.h"

#include "mesh/translate/clusters/outbound.h"
#include "mesh/translate/clusters/policy.h"
#include "mesh/translate/envoy/blocks.h"
#include "mesh/translate/own_ports.h"

namespace meshka::mesh {
namespace {

Draft toApplication(std::string_view name) {
  return obj("name", name, "type", "ORIGINAL_DST", "lb_policy", "CLUSTER_PROVIDED",
             "connect_timeout", "10s", "circuit_breakers", noLimits(), "upstream_bind_config",
             obj("source_address", obj("address", "127.0.0.6", "port_value", 0)));
}

}  // namespace

std::vector<NamedResource> inboundClusters(const Model& model, const ProxyIdentity& proxy) {
  std::vector<NamedResource> out;
  for (const OwnPort& port : ownPorts(model, proxy)) {
    Draft cluster = toApplication(inboundName(port.number));
    cluster["cleanup_interval"] = "60s";
    if (port.protocol == Protocol::kAuto) {
      cluster["typed_extension_protocol_options"] = downstreamOptions();
    } else if (isHttp2(port.protocol)) {
      cluster["typed_extension_protocol_options"] = http2Options();
    } else if (isHttp(port.protocol)) {
      cluster["typed_extension_protocol_options"] = http1Options();
    }
    out.push_back(named(std::move(cluster)));
  }
  Draft passthrough = toApplication(kInboundPassthrough);
  passthrough["typed_extension_protocol_options"] = downstreamOptions();
  out.push_back(named(std::move(passthrough)));
  return out;
}

}  // namespace meshka::mesh
