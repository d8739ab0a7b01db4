// The Services that clients in other clusters can name, by hosts S.N.svc.CLUSTER.SUFFIX.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "mgmt/translate/east_west.h"
#include "mgmt/translate/world.h"

namespace meshka::mgmt {

// One Service of a workspace, with all clusters that have it.
struct FederatedService {
  std::string workspace;
  std::string ns;
  std::string name;
  std::string suffix;
  ObjectId settings;
  std::map<std::string, const Service*> in;  // by cluster
  std::set<std::string> identities;          // SPIFFE, of all clusters

  std::string host(const std::string& cluster) const;
};

struct FederatedServices {
  std::map<std::string, std::vector<FederatedService>> by_workspace;  // ordered by namespace, name
  std::map<std::string, std::vector<EastWestGateway>> gateways;       // by workspace and cluster

  static std::string gatewayKey(const std::string& workspace, const std::string& cluster);
  // nullptr when no workspace federates that Service of that cluster.
  const FederatedService* find(const std::string& workspace, const std::string& cluster,
                               const std::string& ns, const std::string& name) const;
};

struct Context;

// Which Services are federated; no objects yet.
void collectFederated(Context& context);
// Their ServiceEntries, DestinationRules and the gateways' servers.
void writeFederation(Context& context);

// spiffe://TRUST-DOMAIN/ns/NAMESPACE/sa/ACCOUNT of all accounts behind the Service.
void addIdentities(const Cluster& cluster, const Service& service, std::set<std::string>& out);

}  // namespace meshka::mgmt
