// The agent's way to the control plane: TLS to an address whose certificate must lead to the roots
// that the pod was given (or that the control plane announced since), with the pod's token. Files
// are read for each connection, since the kubelet renews them.
#pragma once

#include <memory>
#include <string>

#include "mesh/agent/agent_config.h"
#include "mesh/agent/secrets.h"
#include "net/grpc.h"
#include "net/resolver.h"

namespace meshka::mesh::agent {

struct Connection {
  std::unique_ptr<net::GrpcChannel> channel;
  net::Headers metadata;  // of each call: the token and the cluster
};

class Upstream {
 public:
  // All outlive it.
  Upstream(io::World world, const AgentConfig& config, const Secrets& secrets);

  // Connects at the first call, not here. Errors: kInvalid, kNotFound (files).
  io::Task<Result<Connection>> open(std::string address);
  // The roots of the pod's file. Errors: as Disk::readFile.
  io::Task<Result<std::string>> rootFile();

 private:
  io::World world_;
  const AgentConfig& config_;
  const Secrets& secrets_;
  std::shared_ptr<net::Resolver> resolver_;
};

// Waits between attempts: doubled each time, with up to a quarter more or less so that a fleet does
// not come back in step.
class Backoff {
 public:
  explicit Backoff(Rng& rng) : rng_(rng) {}
  Duration next();
  void reset() { last_ = {}; }

 private:
  Rng& rng_;
  Duration last_;
};

}  // namespace meshka::mesh::agent
