// istiod's five listening sockets and the certificate that two of them show. The certificate
// follows the signing authority, the accepted clients follow the roots.
#pragma once

#include <memory>
#include <string>

#include "io/loop.h"
#include "mesh/ca/ca_keeper.h"
#include "mesh/ca/roots_listener.h"
#include "mesh/istiod/istiod.h"
#include "net/grpc.h"
#include "net/server.h"

namespace meshka::mesh {

class Servers final : public RootsListener {
 public:
  Servers(io::World& world, const IstiodOptions& options, CaKeeper& ca, net::GrpcService& services,
          net::Handler& status, net::Handler& webhooks);

  // Errors: an address cannot be bound; the CA has no signer.
  Result<Istiod::Addresses> listen();
  io::Task<void> stop(Instant deadline);

  void onRoots(const std::string& bundle) override;
  void onSigner() override;
  bool rootsSettled() const override { return true; }

 private:
  Result<void> reload();

  io::World& world_;
  const IstiodOptions& options_;
  CaKeeper& ca_;
  net::KeyPair serving_;
  std::string bundle_;
  std::shared_ptr<net::TlsServerConfig> grpc_tls_, webhook_tls_;
  std::unique_ptr<net::Handler> grpc_handler_;
  net::Handler& status_;
  net::Handler& webhooks_;
  std::unique_ptr<net::HttpServer> http_server_, grpc_server_, secure_server_, monitoring_server_,
      webhook_server_;
};

}  // namespace meshka::mesh
