// Addresses for Services of type LoadBalancer out of the instance's range. Pure: who has which
// address is read from the Services, so nothing is lost with a restart.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "doc/doc.h"
#include "node/network/address.h"

namespace meshka::node {

// What a Service's status should say.
struct LbAssignment {
  std::string ns, name;
  std::string address;  // empty: take status.loadBalancer away
  std::string problem;  // why there is none: an event on the Service
  bool operator==(const LbAssignment&) const = default;
};

// The changes that lead from what the Services' statuses say to what they should say, in order of
// age then name, so that two that claim the same address are settled for the older one.
// spec.loadBalancerIP is honoured when it lies in `pool` and is free. A status address outside of
// the pool is replaced: only we hand addresses out.
std::vector<LbAssignment> assignLoadBalancers(const Cidr& pool,
                                              const std::vector<doc::Doc>& services);

}  // namespace meshka::node
