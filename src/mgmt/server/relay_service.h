// The server's side of the relay: Bootstrap, Push and Pull (docs/design/relay.md).
#pragma once

#include <memory>
#include <string>

#include "mgmt/server/clusters.h"
#include "net/grpc.h"
#include "net/pki.h"

namespace meshka::mgmt {

struct RelayPolicy {
  bool insecure = false;
  std::string token;                        // "" : bootstrap is refused
  std::shared_ptr<net::Authority> signing;  // null: bootstrap is refused
  std::string ca_pem;                       // what agents trust, handed out with certificates
};

// What the streams report.
class RelayEvents {
 public:
  virtual ~RelayEvents() = default;
  virtual void onStream(ClusterState& cluster) = 0;  // connected, lost or warm
  virtual void onSnapshot(ClusterState& cluster, const std::vector<Snapshot::Change>& changes,
                          bool whole) = 0;
  virtual void onResults(ClusterState& cluster) = 0;  // failures changed
  // Outputs may be sent and what is not wanted may be deleted.
  virtual bool mayWrite(const ClusterState& cluster) const = 0;
};

class RelayService final : public net::GrpcService {
 public:
  RelayService(io::World world, Clusters& clusters, RelayPolicy policy, RelayEvents& events);
  io::Task<Result<void>> serve(net::GrpcServerCall& call) override;

  size_t waiting() const { return waiting_; }  // agents of clusters that are not registered
  uint64_t bootstraps() const { return bootstraps_; }
  uint64_t refusedBootstraps() const { return refused_; }

 private:
  struct Slot;
  struct Connected;
  struct PullState;
  io::Task<Result<void>> bootstrap(net::GrpcServerCall& call);
  Result<BootstrapReply> sign(const net::Peer& peer, const BootstrapRequest& request);
  io::Task<Result<void>> push(net::GrpcServerCall& call);
  io::Task<Result<void>> pull(net::GrpcServerCall& call);
  io::Task<Result<Hello>> greet(net::GrpcServerCall& call);
  io::Task<Result<std::shared_ptr<ClusterState>>> registered(net::GrpcServerCall& call,
                                                             std::string name);
  io::Task<Result<AgentMessage>> read(net::GrpcServerCall& call, Duration silence);
  Result<void> take(ClusterState& cluster, const Delta& delta, ServerMessage& answer);
  void takeResults(ClusterState& cluster, const RelayApplied& applied);
  io::Task<void> sendOutputs(net::GrpcServerCall& call, PullState& state);
  io::Task<bool> sendDifference(net::GrpcServerCall& call, PullState& state);

  io::World world_;
  Clusters& clusters_;
  RelayPolicy policy_;
  RelayEvents& events_;
  uint64_t next_stream_ = 1;
  size_t streams_ = 0;
  size_t waiting_ = 0;
  uint64_t bootstraps_ = 0;
  uint64_t refused_ = 0;
  // Wrong tokens: a bucket that refills.
  size_t attempts_ = 0;
  Instant refill_;
};

}  // namespace meshka::mgmt
