// From a DestinationReference to a host that sidecars and gateways of one namespace can route to.
#pragma once

#include <string>

#include "base/result.h"
#include "mgmt/translate/inventory.h"
#include "mgmt/translate/outputs.h"

namespace meshka::mgmt {

struct Context;

struct Destination {
  std::string host;
  int64_t port = 0;
  std::string subset;
  const Service* service = nullptr;  // nullptr: not a Kubernetes Service

  doc::Draft draft() const;  // {host, port, subset} of a VirtualService
};

// `reference` stands in `user`; `place` is where the route is written. An error is one sentence
// that begins with what is wrong in the reference. Asks for the subset's DestinationRules.
Result<Destination> resolveDestination(Context& context, const ConfigObject& user,
                                       doc::Value reference, const Place& place);

}  // namespace meshka::mgmt
