// Everything that the configuration of a cluster's proxies is made of: objects as the cluster's API
// serves them. One immutable value; who watches the API makes a new one per round of changes.
#pragma once

#include <string>
#include <vector>

#include "doc/doc.h"

namespace meshka::mesh {

// Lists are ordered by namespace and name.
struct Objects {
  std::vector<doc::Doc> namespaces;
  std::vector<doc::Doc> nodes;
  std::vector<doc::Doc> services;
  std::vector<doc::Doc> endpoint_slices;  // discovery.k8s.io/v1
  std::vector<doc::Doc> pods;
  // networking.istio.io, whichever version was asked for: only spec and metadata are read.
  std::vector<doc::Doc> virtual_services;
  std::vector<doc::Doc> destination_rules;
  std::vector<doc::Doc> service_entries;
  std::vector<doc::Doc> workload_entries;
  std::vector<doc::Doc> gateways;
  std::vector<doc::Doc> sidecars;
  std::vector<doc::Doc> envoy_filters;
  // security.istio.io
  std::vector<doc::Doc> peer_authentications;
  std::vector<doc::Doc> authorization_policies;
  std::vector<doc::Doc> request_authentications;
};

}  // namespace meshka::mesh
