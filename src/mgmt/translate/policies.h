// Which policies apply to what: each kind selects routes or destinations of its own workspace; of
// two of one kind the oldest applies and the other is told.
#pragma once

#include <string_view>
#include <vector>

#include "mgmt/translate/inventory.h"
#include "mgmt/translate/world.h"

namespace meshka::mgmt {

struct Context;

// A route where policies are looked for.
struct RouteSubject {
  const ConfigObject* table = nullptr;
  Labels labels;                         // of the route
  std::vector<const Service*> services;  // it forwards to
};

// The policy of this kind for the route, nullptr when there is none.
const ConfigObject* routePolicy(Context& context, std::string_view kind,
                                const RouteSubject& subject);

// The policy of this kind for a port of a Service of `workspace`.
const ConfigObject* destinationPolicy(Context& context, std::string_view kind,
                                      const Service& service, const std::string& workspace,
                                      const ServicePort& port);

// The same for a VirtualDestination.
const ConfigObject* virtualDestinationPolicy(Context& context, std::string_view kind,
                                             const ConfigObject& destination, int64_t port);

// Policies that found nothing to apply to say so.
void reportIdlePolicies(Context& context);

}  // namespace meshka::mgmt
