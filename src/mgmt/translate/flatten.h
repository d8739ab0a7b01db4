// A RouteTable with the tables that it delegates to, as one list of routes: the matchers of parent
// and child are joined here, since Istio's own delegation knows less.
#pragma once

#include <set>
#include <vector>

#include "mgmt/translate/routes.h"

namespace meshka::mgmt {

// What is wrong is said to the table where it stands. Tables that were delegated to are added to
// `delegates`.
std::vector<FlatRoute> flatten(Context& context, const ConfigObject& root,
                               std::set<ObjectId>& delegates);

}  // namespace meshka::mgmt
