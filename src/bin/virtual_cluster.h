// A virtual control plane as one object: API server, workload controllers, DNS and syncer over one
// host client.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apiserver/cluster.h"
#include "bin/virtual_adapters.h"
#include "client/collection.h"
#include "client/kubeconfig.h"
#include "control/network/zone_feed.h"
#include "control/register.h"
#include "dns/server.h"
#include "dns/zone.h"
#include "io/loop.h"
#include "vcluster/chart/values.h"
#include "vcluster/sync/syncer.h"

namespace meshka::bin {

struct VirtualClusterOptions {
  vcluster::Tenant tenant;
  std::string data_directory;
  std::string kubernetes_version;
  io::Endpoint listen;
  io::Endpoint dns_listen;
  std::string own_ip;  // where the host reaches listen and dns_listen
  std::string pod_security_standard;
  vcluster::SyncerOptions syncer;
  std::vector<io::Endpoint> dns_upstreams;
};

class VirtualCluster {
 public:
  VirtualCluster(io::World world, VirtualClusterOptions options, client::Credentials host);
  ~VirtualCluster();

  // Ends when the virtual API is served, its DNS answers, both sides are synced and the kubeconfig
  // Secret is on the host. Errors: what failed, in order.
  io::Task<Result<void>> start();
  io::Endpoint apiEndpoint() const { return cluster_->address(); }

 private:
  struct ServiceHandler;

  io::Task<Result<void>> connectHost();
  // The identity outlives the pod in Secret NAME-certs, so that kubeconfigs stay valid when the pod
  // is replaced.
  io::Task<Result<bool>> restoreIdentity();
  io::Task<Result<void>> keepIdentity();
  io::Task<Result<void>> serveApi();
  io::Task<Result<void>> startDns();
  io::Task<Result<void>> publishDns();
  io::Task<Result<void>> publishKubeconfig();
  io::Task<Result<void>> writeHost(client::Resource resource, doc::Doc object);
  net::SubjectAltNames namesFor(doc::Value service) const;
  doc::Draft ownedMetadata(const std::string& name) const;

  io::World world_;
  VirtualClusterOptions options_;
  client::Credentials credentials_;
  std::unique_ptr<client::ApiClient> host_;
  std::unique_ptr<net::HttpClient> host_connection_;
  std::unique_ptr<client::TokenSource> host_tokens_;
  doc::Doc service_;  // of the control plane on the host
  std::unique_ptr<vcluster::ServiceGate> gate_;
  std::unique_ptr<HostServiceAdmission> admission_;
  std::unique_ptr<vcluster::HostStreams> streams_;
  std::unique_ptr<HostNodeConnector> connector_;
  std::unique_ptr<apiserver::Cluster> cluster_;
  std::unique_ptr<client::ApiClient> admin_;
  std::unique_ptr<control::Controllers> controllers_;
  dns::Zone zone_;
  std::unique_ptr<client::Collection> services_;
  std::unique_ptr<client::Collection> slices_;
  std::unique_ptr<control::ZoneFeed> feed_;
  std::unique_ptr<dns::Server> dns_;
  std::unique_ptr<vcluster::Syncer> syncer_;
  std::unique_ptr<client::Collection> own_service_;
  std::unique_ptr<ServiceHandler> service_handler_;
};

}  // namespace meshka::bin
