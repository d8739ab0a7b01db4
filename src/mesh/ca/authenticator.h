// Who calls istiod: by a client certificate of ours, or by a service account's token that the
// cluster's API vouches for.
#pragma once

#include <string>
#include <vector>

#include "base/log.h"
#include "client/api_client.h"
#include "io/loop.h"
#include "mesh/ca/identity.h"
#include "net/grpc.h"

namespace meshka::mesh {

inline constexpr const char* kCaAudience = "istio-ca";

class Authenticator {
 public:
  virtual ~Authenticator() = default;
  // Errors: UNAUTHENTICATED "request authenticate failure"; UNAVAILABLE when the API does not
  // answer.
  virtual io::Task<Result<WorkloadIdentity>> authenticate(const net::GrpcServerCall& call) = 0;
};

class TokenAuthenticator final : public Authenticator {
 public:
  TokenAuthenticator(io::Loop& loop, Log& log, client::ApiClient& api)
      : loop_(loop), log_(log), api_(api) {}
  // Whose certificates count: under a shared root other meshes' certificates verify as well.
  void setTrustDomains(std::vector<std::string> domains) { trust_domains_ = std::move(domains); }
  io::Task<Result<WorkloadIdentity>> authenticate(const net::GrpcServerCall& call) override;

 private:
  std::optional<WorkloadIdentity> byCertificate(const net::Peer& peer) const;
  io::Task<Result<WorkloadIdentity>> byToken(std::string token);

  io::Loop& loop_;
  Log& log_;
  client::ApiClient& api_;
  std::vector<std::string> trust_domains_;
};

}  // namespace meshka::mesh
