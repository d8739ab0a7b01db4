// East-west gateways: where each cluster lets requests of the others in.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "mgmt/translate/outputs.h"
#include "mgmt/translate/settings.h"

namespace meshka::mgmt {

struct GatewayAddress {
  std::string host;
  int64_t port = 0;
  bool is_name = false;  // to be resolved
  auto operator<=>(const GatewayAddress&) const = default;
};

struct EastWestGateway {
  std::string cluster;
  std::string ns;
  std::string name;
  Labels selector;                        // of its pods
  int64_t container_port = 0;             // what its listener binds
  std::vector<GatewayAddress> addresses;  // never empty
};

// Those of one cluster that the settings choose. What is missing is said to `blame`.
std::vector<EastWestGateway> findEastWest(const Cluster& cluster, const Settings& settings,
                                          const ObjectId& blame, Statuses& statuses);

// The Gateway objects with mode AUTO_PASSTHROUGH: one for each gateway, whoever asks.
class EastWestServers {
 public:
  void serve(const EastWestGateway& gateway, const std::string& host, const std::string& workspace,
             const ObjectId& source);
  void write(const World& world, Outputs& outputs) const;

 private:
  struct Server {
    EastWestGateway gateway;
    std::string workspace;
    ObjectId source;
    std::set<std::string> hosts;
  };
  std::map<std::string, Server> servers_;  // by cluster, namespace, name
};

}  // namespace meshka::mgmt
