// The agent: one object that holds its parts together. It speaks to its own cluster's API server
// and to the management server, which it dials.
#pragma once

#include <memory>
#include <string>

#include "mgmt/agent/uplink.h"
#include "mgmt/agent/view.h"
#include "mgmt/discovery/discovery.h"
#include "mgmt/trust/cert_agent.h"
#include "net/server.h"

namespace meshka::mgmt {

struct AgentConfig {
  UplinkConfig uplink;
  io::Endpoint grpc_listen;
  io::Endpoint http_listen;
  io::Endpoint stats_listen;
};

class Telemetry;

class Agent final : private KindHandler {
 public:
  Agent(io::World world, client::ApiClient& client, AgentConfig config,
        std::shared_ptr<net::Resolver> resolver);
  ~Agent() override;

  // Listens and begins; errors: addresses.
  Result<void> start();

  io::Endpoint httpEndpoint() const { return http_endpoint_; }
  io::Endpoint grpcEndpoint() const { return grpc_endpoint_; }
  std::string notReady() const;  // "" : ready
  std::string metrics() const;
  const Uplink& uplink() const { return uplink_; }
  const Journal& journal() const { return journal_; }

 private:
  class Pages;
  void onObject(const LiveKind&, const client::ObjectKey&, const doc::Doc&,
                const doc::Doc&) override {}
  void onSynced() override;

  io::World world_;
  AgentConfig config_;
  LiveKinds kinds_;
  Journal journal_;
  StatusWriter statuses_;
  Applier applier_;
  ClusterView view_;
  Discovery discovery_;
  CertAgent certificates_;
  Uplink uplink_;
  std::unique_ptr<Telemetry> telemetry_;
  std::unique_ptr<net::Handler> telemetry_handler_;
  std::unique_ptr<net::HttpServer> telemetry_server_;
  std::unique_ptr<Pages> pages_;
  std::unique_ptr<net::HttpServer> page_server_;
  io::Endpoint http_endpoint_, grpc_endpoint_;
};

}  // namespace meshka::mgmt
