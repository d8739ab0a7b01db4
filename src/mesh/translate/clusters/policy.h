// Connection pools, outlier detection and load balancing of a DestinationRule as members of a
// cluster.
#pragma once

#include "mesh/model/rules.h"
#include "mesh/translate/envoy/draft.h"

namespace meshka::mesh {

// Circuit breakers, timeouts, outlier detection, load balancing.
void applyPolicy(Draft& cluster, const TrafficPolicy& policy);
// connectionPool.http on typed_extension_protocol_options.
void addPoolOptions(Draft& options, doc::Value http_pool);

// Endpoints are ordered by locality: outlier detection tells when to leave the near ones.
bool prefersLocality(const TrafficPolicy& policy);
doc::Value localitySettings(const TrafficPolicy& policy);

}  // namespace meshka::mesh
