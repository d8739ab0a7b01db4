// The routes that a VirtualService's HTTP rules make at one place.
#pragma once

#include <vector>

#include "mesh/translate/routes/action.h"
#include "mesh/translate/routes/match.h"

namespace meshka::mesh {

// In the order of the rules; nothing follows a rule that matches all.
std::vector<Draft> virtualServiceRoutes(const RouteContext& context, const VirtualService& vs,
                                        const RoutePlace& place);

}  // namespace meshka::mesh
