// The agent's HTTP port 15020: readiness (which Envoy's port 15021 passes on), the application's
// probes, metrics of Envoy, application and agent in one, and the way to end the proxy of a job.
#pragma once

#include "io/async.h"
#include "mesh/agent/ads_relay.h"
#include "mesh/agent/agent_config.h"
#include "mesh/agent/envoy_admin.h"
#include "mesh/agent/identity.h"
#include "mesh/agent/readiness.h"
#include "net/http.h"

namespace meshka::mesh::agent {

class StatusServer final : public net::Handler {
 public:
  struct Parts {
    const AgentConfig& config;
    io::Network& app_network;  // its connections leave from 127.0.0.6
    EnvoyAdmin& admin;
    Readiness& readiness;
    const Identity& identity;
    const AdsRelay& relay;
    io::Event& quit;  // set by POST /quitquitquit
  };
  StatusServer(io::World world, Parts parts) : world_(world), parts_(parts) {}

  io::Task<void> serve(net::ServerRequest& request, net::ResponseWriter& response) override;

 private:
  io::Task<void> metrics(net::ResponseWriter& response);
  io::Task<void> appHealth(net::ServerRequest& request, net::ResponseWriter& response);
  io::Task<Result<std::string>> appMetrics();
  std::string ownMetrics() const;

  io::World world_;
  Parts parts_;
};

}  // namespace meshka::mesh::agent
