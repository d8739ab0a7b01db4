// The cluster of one port (and subset) of a service, as one proxy calls it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mesh/model/model.h"
#include "mesh/translate/envoy/draft.h"
#include "mesh/translate/translate.h"

namespace meshka::mesh {

NamedResource outboundCluster(const Model& model, const ProxyIdentity& proxy,
                              const Service& service, const Port& port, std::string_view subset);
// Of an east-west gateway: the connection is passed on as it is.
NamedResource dnatCluster(const Model& model, const ProxyIdentity& proxy, const Service& service,
                          const Port& port, std::string_view subset);

// "" and the names of the subsets that a rule has.
std::vector<std::string> subsetsOf(const Rule* rule);

NamedResource named(Draft config);

}  // namespace meshka::mesh
