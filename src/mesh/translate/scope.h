// What one proxy may see: services and VirtualServices by exportTo, narrowed by its Sidecar.
#pragma once

#include <string_view>
#include <vector>

#include "mesh/model/model.h"
#include "mesh/translate/translate.h"

namespace meshka::mesh {

struct Scope {
  std::vector<const Service*> services;                 // one per host, by host
  std::vector<const VirtualService*> virtual_services;  // bound to the mesh, best first
  bool allow_any = true;                                // to hosts that nobody declared
};
Scope scopeOf(const Model& model, const ProxyIdentity& proxy);

// The Sidecar of a proxy: by selector, else its namespace's, else the root namespace's. Missing:
// none.
doc::Value sidecarOf(const Model& model, const ProxyIdentity& proxy);

// The one that decides for `host`: an exact name before a wildcard, then in the scope's order.
const VirtualService* virtualServiceFor(const std::vector<const VirtualService*>& list,
                                        std::string_view host);

}  // namespace meshka::mesh
