// Retries, redirects, header changes, faults and CORS of a rule.
#pragma once

#include "mesh/translate/envoy/draft.h"

namespace meshka::mesh {

Draft defaultRetry();
void setRetries(Draft& action, doc::Value retries);
Draft redirectOf(doc::Value redirect);
// request/response set, add and remove, on a route or a weighted cluster.
void addHeaders(Draft& on, doc::Value headers);
// typed_per_filter_config: fault and cors. Both filters are in every chain with HTTP routes.
Draft filterOverrides(doc::Value rule);

}  // namespace meshka::mesh
