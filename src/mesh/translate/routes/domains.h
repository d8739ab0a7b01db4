// Collects the virtual hosts of one route configuration; a domain belongs to the first that asks.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/translate/envoy/draft.h"

namespace meshka::mesh {

class VirtualHosts {
 public:
  // Without any domain left, or without routes, nothing is added.
  void add(const std::string& name, const std::vector<std::string>& domains,
           std::vector<Draft> routes);
  // For all that nobody else took.
  void addCatchAll(bool allow_any);
  bool has(const std::string& domain) const { return taken_.contains(domain); }
  // {name, virtual_hosts, ...}; order as added.
  Draft finish(std::string_view name);

 private:
  std::set<std::string> taken_;
  std::vector<Draft> hosts_;
};

// The names by which clients in `client_ns` call a host of the cluster: "alpha.shop.svc.<domain>"
// itself, and as resolv.conf's search list completes them "alpha", "alpha.shop", "alpha.shop.svc".
std::vector<std::string> shortNames(std::string_view host, std::string_view client_ns,
                                    std::string_view cluster_domain);

}  // namespace meshka::mesh
