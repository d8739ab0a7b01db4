// PeerAuthentication and AuthorizationPolicy: which ones hold for a workload.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "doc/doc.h"
#include "mesh/model/names.h"

namespace meshka::mesh {

enum class MutualTls : uint8_t { kPermissive, kStrict, kDisable };

// Policies of one workload (or, with empty labels, of a namespace), narrowest first.
class PeerPolicies {
 public:
  PeerPolicies(const std::vector<doc::Doc>& policies, std::string_view ns, const Labels& labels,
               std::string_view root_ns);
  // The mode of a container port. UNSET inherits; nothing said is PERMISSIVE. Several policies that
  // select the workload are read oldest first, each port for itself, since a management plane
  // writes one per port.
  MutualTls mode(int port) const;
  // Of ports that no policy names.
  MutualTls mode() const;
  // Ports that a portLevelMtls names.
  std::vector<int> ports() const;

 private:
  std::vector<doc::Value> workload_, scopes_;
};

// Those of `ns` and of the root namespace whose selector fits, by namespace and name.
std::vector<doc::Value> authorizationsFor(const std::vector<doc::Doc>& policies,
                                          std::string_view ns, const Labels& labels,
                                          std::string_view root_ns);

}  // namespace meshka::mesh
