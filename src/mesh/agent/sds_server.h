// Envoy's secrets over a Unix socket: envoy.service.secret.v3.SecretDiscoveryService. Each stream
// gets the secrets that it names as soon as they exist, and again at each change.
#pragma once

#include <list>
#include <map>
#include <string>

#include "io/async.h"
#include "mesh/agent/secrets.h"
#include "net/grpc.h"

namespace meshka::mesh::agent {

class SdsServer final : public net::GrpcService {
 public:
  // Both outlive the server. It becomes the listener of `secrets`.
  SdsServer(io::World world, Secrets& secrets);
  ~SdsServer() override;

  io::Task<Result<void>> serve(net::GrpcServerCall& call) override;

  // True when every stream that asked for the roots has acknowledged the present ones; waits until
  // then.
  io::Task<bool> rootsTaken(Instant deadline);
  size_t streams() const { return streams_.size(); }

 private:
  struct Stream {
    net::GrpcServerCall& call;
    std::map<std::string, uint64_t, std::less<>> sent{};   // version by name; 0: asked for only
    std::map<std::string, uint64_t, std::less<>> taken{};  // acknowledged
    uint64_t nonce = 0;
  };
  void take(Stream& stream, std::string_view request);
  void sendDue(Stream& stream);
  bool allTaken() const;

  io::World world_;
  Secrets& secrets_;
  std::list<Stream> streams_;
  io::Event progress_;
};

}  // namespace meshka::mesh::agent
