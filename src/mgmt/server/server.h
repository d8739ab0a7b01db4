// The management server: one object that holds its parts together. It speaks to its own cluster's
// API server only; the workload clusters come to it through the relay.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "client/api_client.h"
#include "mgmt/objects/applier.h"
#include "mgmt/relay/listener.h"
#include "mgmt/server/brain.h"
#include "mgmt/server/clusters.h"
#include "mgmt/server/relay_service.h"
#include "mgmt/server/snapshot_store.h"
#include "mgmt/trust/issuer.h"
#include "net/server.h"

namespace meshka::mgmt {

struct ServerConfig {
  std::string ns = "gloo-mesh";
  io::Endpoint grpc_listen;
  io::Endpoint health_listen;
  io::Endpoint stats_listen;
  RelayPolicy relay;
  net::TlsServerOptions tls;  // certificate_pem empty: no TLS
  bool shared_trust = true;   // meshes get a common root where no RootTrustPolicy says otherwise
};

class Server final : private ClusterEvents, private RelayEvents, private KindHandler {
 public:
  // `client` is the management cluster's. `store` may be null.
  Server(io::World world, client::ApiClient& client, ServerConfig config, Translation translation,
         std::unique_ptr<SnapshotStore> store);
  ~Server() override;

  // Loads kept snapshots, then listens. Errors: addresses, certificates.
  io::Task<Result<void>> start();
  io::Endpoint grpcEndpoint() const { return grpc_endpoint_; }
  io::Endpoint healthEndpoint() const { return health_endpoint_; }
  io::Endpoint statsEndpoint() const { return stats_endpoint_; }
  Clusters& clusters() { return clusters_; }
  LiveKinds& kinds() { return kinds_; }
  Brain& brain() { return brain_; }
  std::string notReady() const;  // "" : ready
  std::string metrics() const;   // Prometheus' text form

 private:
  class Pages;
  void onClusterChanged(ClusterState& cluster) override;
  void onClusterGone(ClusterState& cluster) override;
  void onStream(ClusterState& cluster) override;
  void onSnapshot(ClusterState& cluster, const std::vector<Snapshot::Change>& changes,
                  bool whole) override;
  void onResults(ClusterState& cluster) override;
  bool mayWrite(const ClusterState& cluster) const override;
  void onObject(const LiveKind& kind, const client::ObjectKey& key, const doc::Doc& before,
                const doc::Doc& after) override;
  void onSynced() override;
  void openGate(std::string_view why);
  void writeClusterStatus(const ClusterState& cluster);
  void copyMeshes();

  io::Task<void> loadSnapshots();

  io::World world_;
  client::ApiClient& client_;
  ServerConfig config_;
  LiveKinds kinds_;
  Clusters clusters_;
  StatusWriter statuses_;
  Applier copies_;
  Brain brain_;
  TrustIssuer trust_;
  std::unique_ptr<SnapshotStore> store_;
  std::map<std::string, StoredSnapshot> stored_;  // by canonical name, until registered
  RelayService relay_;
  std::unique_ptr<net::Handler> grpc_;
  std::unique_ptr<net::HttpServer> tls_server_;
  std::unique_ptr<net::HttpServer> plain_server_;
  std::unique_ptr<RelayListener> listener_;
  std::unique_ptr<Pages> pages_;
  std::unique_ptr<net::HttpServer> page_server_;
  io::Endpoint grpc_endpoint_, health_endpoint_, stats_endpoint_;
  // Clusters that were registered when this life began and have not sent everything yet; while
  // there are some, nothing is written to any cluster.
  std::set<std::string> cold_;
  bool gate_open_ = false;
  bool closing_ = false;
  io::Timer gate_timer_;
  io::Timer copy_timer_;
};

}  // namespace meshka::mgmt
