// VirtualGateways: listeners at the gateway pods of a workspace, and which RouteTables they serve.
#pragma once

#include <string>
#include <vector>

#include "mgmt/translate/inventory.h"
#include "mgmt/translate/outputs.h"

namespace meshka::mgmt {

// One Gateway object that was written.
struct WrittenGateway {
  Place place;  // of the gateway's pods
  std::string name;
};

struct VirtualGateway {
  const ConfigObject* object = nullptr;
  std::vector<WrittenGateway> written;
};

using VirtualGateways = std::vector<VirtualGateway>;

struct Context;

void writeVirtualGateways(Context& context);

// Where a RouteTable's routes go for the gateways that it names: the places with their Gateways'
// names, and the hosts that all of them allow. What is refused is said to the table.
struct GatewayBinding {
  Place place;
  std::vector<std::string> gateways;
  std::vector<std::string> hosts;
};
std::vector<GatewayBinding> bindToGateways(Context& context, const ConfigObject& table);

}  // namespace meshka::mgmt
