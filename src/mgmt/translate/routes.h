// One HTTP route of a RouteTable as one of a VirtualService.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mgmt/translate/inventory.h"
#include "mgmt/translate/outputs.h"

namespace meshka::mgmt {

struct Context;

struct FlatRoute {
  const ConfigObject* table = nullptr;
  doc::Value route;
  std::string path;                 // "spec.http[0]"
  std::string name;                 // of the written route
  std::vector<doc::Draft> matches;  // alternatives; empty: everything
};

// What is wrong is said to the table; the route then answers 500, so that nothing else takes its
// requests. `worked` tells whether it does what it should.
doc::Draft buildRoute(Context& context, const FlatRoute& flat, const Place& place,
                      const std::vector<Labels>& sources, bool& worked);

}  // namespace meshka::mgmt
