// VirtualDestinations: one host of the user's choice for the same Service of several clusters, near
// pods first when a FailoverPolicy says so.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "mgmt/translate/east_west.h"
#include "mgmt/translate/inventory.h"

namespace meshka::mgmt {

struct VirtualPort {
  int64_t number = 0;
  std::string protocol;
  doc::Value target;  // PortSelector of the Services

  std::string entryName() const;
};

struct VirtualDestination {
  const ConfigObject* object = nullptr;
  std::vector<std::string> hosts;
  std::vector<VirtualPort> ports;
  std::map<std::string, const Service*> backing;  // by cluster
  std::set<std::string> identities;               // SPIFFE, of all clusters
  std::set<std::string> takers;
};

using VirtualDestinations = std::vector<VirtualDestination>;

struct Context;

// The valid ones; before isolation, since who may use one may call what stands behind it.
void collectVirtualDestinations(Context& context);
void writeVirtualDestinations(Context& context);

}  // namespace meshka::mgmt
