// What a route does: forward (with retries, timeouts, mirrors, faults), redirect or answer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mesh/model/model.h"
#include "mesh/translate/envoy/draft.h"
#include "mesh/translate/translate.h"

namespace meshka::mesh {

struct RouteContext {
  const Model& model;
  const ProxyIdentity& proxy;
  std::string_view rule_ns;  // where short host names belong to
  int port = 0;              // of the listener, when a destination names none
};

// The cluster that a destination {host, subset, port} means.
std::string destinationCluster(const RouteContext& context, doc::Value destination);
// [{name, weight}] of a rule's destinations; those of weight 0 are left out.
struct Weighted {
  std::string cluster;
  int64_t weight = 0;
  doc::Value source;
};
std::vector<Weighted> weightedDestinations(const RouteContext& context, doc::Value list);

// The forwarding action every route starts from: no timeout, retries of what was not processed.
Draft plainAction(std::string_view cluster);

// Sets action, headers, fault and cors of one HTTP rule on `route`.
void setAction(Draft& route, const RouteContext& context, doc::Value rule, doc::Value match);

// "alpha.shop.svc.cluster.local:8080/*", for traces.
std::string operationOf(const RouteContext& context, doc::Value rule, doc::Value match);

// The hash policy of the DestinationRule for a service's port and subset; an empty array: none.
Draft hashPolicies(const RouteContext& context, const Service& service, const Port& port,
                   std::string_view subset);

}  // namespace meshka::mesh
