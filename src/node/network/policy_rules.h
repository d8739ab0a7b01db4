// NetworkPolicies as nftables rules: one filter chain in the forward hook, a chain per distinct set
// of policies, and sets of pod addresses that change by element. Pods without a policy pass.
//
// Egress to a LoadBalancer address: ipBlocks are matched against the destination that the client
// dialled (conntrack's original tuple), because a multi-cluster call over such an address leaves
// the cluster and comes back; the translated pod address would fall into the ranges that isolation
// excepts. NetworkConfig::strict_policy turns that off.
#pragma once

#include <string>
#include <vector>

#include "node/network/service_rules.h"

namespace meshka::node {

struct PolicyInputs {
  std::vector<doc::Doc> policies;    // networking.k8s.io/v1
  std::vector<doc::Doc> pods;        // all pods with an address, of all namespaces
  std::vector<doc::Doc> namespaces;  // for their labels
};

// Named ports are not resolved yet: such an entry allows nothing, and is named in the result.
std::vector<std::string> addPolicyRules(RuleSet& rules, const NetworkConfig& config,
                                        const PolicyInputs& inputs);

}  // namespace meshka::node
