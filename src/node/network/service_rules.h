// Services as nftables rules: addresses and ports in one verdict map, one chain per service port
// that picks an endpoint. A pure function of the API's objects; the texts are golden-tested and
// checked by the real nft.
#pragma once

#include <string>
#include <vector>

#include "doc/doc.h"
#include "node/network/ruleset.h"

namespace meshka::node {

struct NetworkConfig {
  std::string node_name;
  std::string pod_cidr;               // "10.244.0.0/24"
  std::string service_cidr;           // "10.96.0.0/16"
  std::string lb_cidr;                // the instance's LoadBalancer range; empty: none
  std::vector<std::string> node_ips;  // where NodePorts answer
  // Egress ipBlocks are matched behind address translation only, LoadBalancer addresses included.
  bool strict_policy = false;
};

// `slices` of all namespaces. Ignored on purpose: spec.externalIPs, and LoadBalancer addresses
// outside of lb_cidr (CVE-2020-8554: a tenant must not take over foreign addresses).
void addServiceRules(RuleSet& rules, const NetworkConfig& config,
                     const std::vector<doc::Doc>& services, const std::vector<doc::Doc>& slices);

// containers[].ports[].hostPort of running pods: the node's addresses answer for them as for
// NodePorts.
void addHostPorts(RuleSet& rules, const std::vector<doc::Doc>& pods);

// UDP keeps its conntrack entry, and with it its old endpoint, when the rules change.
struct UdpFlow {
  std::string service_address;
  uint16_t service_port = 0;
  std::string endpoint_address;  // empty: all of the service port
  bool operator==(const UdpFlow&) const = default;
};
// Flows to forget after going `from` -> `to`: endpoints that are gone, and service ports that had
// none before.
std::vector<UdpFlow> staleUdpFlows(const RuleSet& from, const RuleSet& to);

// True when `address` ("198.18.0.5") lies in `cidr` ("198.18.0.0/20"); false for anything
// malformed.
bool addressInCidr(std::string_view address, std::string_view cidr);

}  // namespace meshka::node
