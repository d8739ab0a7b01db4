// Endpoints and EndpointSlices of Services, from the pods that they select; slices of hand-made
// Endpoints too.
#pragma once

#include "control/context.h"

namespace meshka::control {

// subsets of v1 Endpoints. `pods` are those that the service's selector matches.
doc::Doc endpointSubsets(doc::Value service, const std::vector<doc::Doc>& pods);
// endpoints and ports of discovery.k8s.io/v1 slices, at most kEndpointsPerSlice endpoints each, all
// with the same ports.
std::vector<doc::Doc> endpointSlices(doc::Value service, const std::vector<doc::Doc>& pods);
// Slices of Endpoints that somebody else wrote, per subset at most kEndpointsPerSlice endpoints
// each.
std::vector<doc::Doc> mirroredSlices(doc::Value endpoints);

std::unique_ptr<Controller> startEndpoints(Context& context);

}  // namespace meshka::control
