// Policies on one route: fault, timeout and retries, CORS, headers, mirroring.
#pragma once

#include "mgmt/translate/policies.h"
#include "mgmt/translate/routes.h"

namespace meshka::mgmt {

void applyRoutePolicies(Context& context, const FlatRoute& flat, const RouteSubject& subject,
                        const Place& place, doc::Draft& http);

}  // namespace meshka::mgmt
