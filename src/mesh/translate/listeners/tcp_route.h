// Where a TCP connection goes: the service's cluster, or what a VirtualService's tcp or tls rules
// say.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mesh/translate/routes/action.h"
#include "mesh/translate/routes/match.h"

namespace meshka::mesh {

// The tcp_proxy of a rule's destinations; nullopt without any.
std::optional<Draft> tcpTarget(const RouteContext& context, doc::Value destinations);

// The first tcp rule that holds at the place.
doc::Value tcpRuleAt(doc::Value vs_spec, const RoutePlace& place);

struct SniRule {
  std::vector<std::string> names;
  doc::Value destinations;
};
std::vector<SniRule> tlsRulesAt(doc::Value vs_spec, const RoutePlace& place);

}  // namespace meshka::mesh
