// Between Envoy and the control plane: one upstream stream for each stream of Envoy, message by
// message, undecoded. Two types are the agent's own and travel on the same stream: the table of
// names for its DNS, and the trusted roots.
//
// While the control plane cannot be reached Envoy's stream stays open and its requests wait, so
// that only this side's back-off counts. A stream that has carried a response is not resumed: Envoy
// knows what it has, opens a new one at once and asks from there.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mesh/agent/identity.h"
#include "mesh/agent/mesh_names.h"
#include "mesh/agent/upstream.h"
#include "net/grpc.h"

namespace meshka::mesh::agent {

class AdsRelay final : public net::GrpcService {
 public:
  // All outlive it. `names` is null without DNS capture.
  AdsRelay(io::World world, const AgentConfig& config, Upstream& upstream, Identity& identity,
           MeshNames* names);

  io::Task<Result<void>> serve(net::GrpcServerCall& call) override;

  bool connected() const { return connected_; }
  uint64_t pushes() const { return pushes_; }
  uint64_t refusals() const { return refusals_; }

 private:
  friend class RelaySession;
  io::World world_;
  const AgentConfig& config_;
  Upstream& upstream_;
  Identity& identity_;
  MeshNames* names_;
  bool connected_ = false;
  uint64_t pushes_ = 0;
  uint64_t refusals_ = 0;
};

}  // namespace meshka::mesh::agent
