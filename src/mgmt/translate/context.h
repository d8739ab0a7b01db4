// What the rooms of the translation share: the input in its read forms, and the outputs.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "mgmt/translate/destination_rules.h"
#include "mgmt/translate/east_west.h"
#include "mgmt/translate/federated.h"
#include "mgmt/translate/names.h"
#include "mgmt/translate/outputs.h"
#include "mgmt/translate/sharing.h"
#include "mgmt/translate/virtual_destinations.h"
#include "mgmt/translate/virtual_gateways.h"

namespace meshka::mgmt {

struct Context {
  explicit Context(const TranslateInput& translate_input);

  const TranslateInput& input;
  const World world;
  Statuses statuses;
  Inventory inventory;
  const Workspaces workspaces;
  std::map<std::string, Settings> settings;
  const Sharing sharing;

  Addresses addresses;
  FederatedServices federated;
  VirtualDestinations virtual_destinations;
  // Workspaces that may call a Service through a VirtualDestination.
  std::map<const Service*, std::set<std::string>> further_callers;
  EastWestServers passthrough;
  std::set<ObjectId> used;  // policies and endpoints that had an effect
  VirtualGateways virtual_gateways;
  // Hosts beyond plain Services that a workspace's proxies may call: by cluster/workspace.
  std::map<std::string, std::set<std::string>> visible_hosts;
  DestinationRules rules;
  Outputs outputs;

  // Where clients of something of `owner` that `takers` may use too live in one cluster.
  std::vector<Place> clientPlaces(const Cluster& cluster, const std::string& owner,
                                  const std::set<std::string>& takers) const;
  // exportTo for an entry in namespace `own`: the clients' namespaces and the gateways'.
  doc::Draft exportList(const std::string& own, const std::vector<Place>& clients,
                        const std::vector<EastWestGateway>& gateways) const;
};

}  // namespace meshka::mgmt
