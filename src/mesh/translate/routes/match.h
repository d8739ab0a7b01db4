// A match of a VirtualService's HTTP rule as Envoy's RouteMatch.
#pragma once

#include <string_view>

#include "mesh/model/names.h"
#include "mesh/translate/envoy/draft.h"

namespace meshka::mesh {

// Where a rule is asked for: which gateway ("mesh" for sidecars), on which port, by whom.
struct RoutePlace {
  std::string_view gateway;
  int port = 0;
  std::string_view ns;
  const Labels* labels = nullptr;
};

// gateways, port, sourceLabels and sourceNamespace of a match, decided here.
bool holdsAt(doc::Value match, const RoutePlace& place);
// A missing match matches all.
Draft routeMatch(doc::Value match);
// Nothing after it can be reached.
bool matchesAll(doc::Value match);

// {exact|prefix|regex} as a StringMatcher.
Draft stringMatcher(doc::Value match);

}  // namespace meshka::mesh
