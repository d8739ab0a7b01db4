// DestinationRules: merged per namespace and host, and what of them holds for one port and subset.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "doc/doc.h"
#include "mesh/model/service.h"

namespace meshka::mesh {

// Rules of one namespace for one host: the oldest one's policy, the subsets of all.
struct Rule {
  std::string object;  // name of the oldest one
  std::string ns;
  std::string host;
  ExportTo export_to;
  doc::Value policy;
  std::vector<doc::Value> subsets;
  doc::Value subset(std::string_view name) const;
};

struct TrafficPolicy {
  doc::Value load_balancer;
  doc::Value connection_pool;
  doc::Value outlier;
  doc::Value tls;
};
// portLevelSettings replace the whole policy of their port; a subset's policy overrides group by
// group. `rule` may be nullptr.
TrafficPolicy policyOf(const Rule* rule, int port, std::string_view subset);

class Rules {
 public:
  void add(doc::Value rule, std::string_view cluster_domain);  // oldest first
  // The client's namespace, then the service's, then the root namespace; within one the exact host,
  // then the longest wildcard. nullptr: none.
  const Rule* find(std::string_view client_ns, const Service& service,
                   std::string_view root_ns) const;

 private:
  const Rule* findIn(std::string_view ns, std::string_view host, std::string_view client_ns) const;
  std::map<std::string, std::map<std::string, Rule>, std::less<>> by_ns_;
};

}  // namespace meshka::mesh
