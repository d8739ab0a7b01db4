// Keeps the proxy's certificate: asks for the first one, for the next at half of a certificate's
// life, and at once when the control plane's signing root is no longer the one it ends in.
#pragma once

#include <string>
#include <vector>

#include "io/async.h"
#include "mesh/agent/agent_config.h"
#include "mesh/agent/sds_server.h"
#include "mesh/agent/secrets.h"
#include "mesh/agent/upstream.h"
#include "net/pki.h"

namespace meshka::mesh::agent {

class Identity {
 public:
  // All outlive it.
  Identity(io::World world, const AgentConfig& config, Upstream& upstream, Secrets& secrets,
           SdsServer& sds);

  // Runs as long as the agent.
  io::Task<void> keep();

  // The trusted roots as the control plane lists them, the one that signs first. Envoy has them
  // when this ends (or has not answered for kRootsTakenTimeout, which is logged).
  io::Task<void> takeRoots(std::vector<std::string> pems);

  // 0 until the first certificate is there.
  uint64_t issued() const { return issued_; }
  WallTime expires() const { return not_after_; }

 private:
  io::Task<Result<void>> ask();
  Result<void> install(const std::vector<std::string>& chain, std::string key_pem);
  bool endsInSigningRoot() const;

  io::World world_;
  const AgentConfig& config_;
  Upstream& upstream_;
  Secrets& secrets_;
  SdsServer& sds_;
  std::vector<std::string> chain_;  // DER, without the root
  std::vector<std::string> announced_;
  WallTime not_after_;
  uint64_t issued_ = 0;
  io::Event renew_;
};

}  // namespace meshka::mesh::agent
