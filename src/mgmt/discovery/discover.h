// What an agent finds in its cluster, as plain functions: meshes (an Istio control plane each) and
// gateways. The result is the objects that users see with kubectl.
#pragma once

#include <string>
#include <vector>

#include "doc/doc.h"

namespace meshka::mgmt {

inline constexpr const char* kDiscoveryReconciler = "discovery";

struct DiscoveryInput {
  std::string cluster;
  std::string ns = "gloo-mesh";  // where the found objects go
  std::vector<doc::Doc> deployments;
  std::vector<doc::Doc> config_maps;  // named istio
  std::vector<doc::Doc> services;
  std::vector<doc::Doc> pods;
  std::vector<doc::Doc> nodes;
};

// A Deployment labelled app=istiod, or with a container named `discovery`.
std::vector<doc::Doc> discoverMeshes(const DiscoveryInput& input);
// A Service whose selector picks pods that are nothing but a proxy.
std::vector<doc::Doc> discoverGateways(const DiscoveryInput& input);

}  // namespace meshka::mgmt
