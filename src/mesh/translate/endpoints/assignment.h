// A ClusterLoadAssignment: endpoints by locality, in priorities.
#pragma once

#include <string_view>

#include "mesh/model/model.h"
#include "mesh/translate/envoy/draft.h"
#include "mesh/translate/translate.h"

namespace meshka::mesh {

enum class EndpointView : uint8_t {
  kAll,
  // What an east-west gateway passes connections to: pods of this cluster that end mutual TLS. A
  // gateway of another cluster among them would send the connection back, in circles.
  kLocalPods,
};

// The rule by which an east-west gateway knows a service's subsets: the one that clients in the
// service's own namespace see, though it may not be exported to the gateway.
const Rule* passedRule(const Model& model, const ProxyIdentity& proxy, const Service& service);

Draft assignment(const Model& model, const ProxyIdentity& proxy, const Service& service,
                 const Port& port, std::string_view subset, std::string_view cluster_name,
                 EndpointView view);

}  // namespace meshka::mesh
