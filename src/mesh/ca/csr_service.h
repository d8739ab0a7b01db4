// istio.v1.auth.IstioCertificateService: workloads' certificate requests.
#pragma once

#include <string>
#include <string_view>

#include "base/log.h"
#include "io/loop.h"
#include "mesh/ca/authenticator.h"
#include "mesh/ca/signer.h"
#include "net/grpc.h"

namespace meshka::mesh {

// Who signs now, and under which trust domain.
class SignerSource {
 public:
  virtual ~SignerSource() = default;
  virtual const Signer* signer() const = 0;  // null: not ready
  virtual std::string trustDomain() const = 0;
  virtual void onIssued(WallTime not_after) = 0;
};

class CsrService final : public net::GrpcService {
 public:
  static constexpr std::string_view kMethod =
      "/istio.v1.auth.IstioCertificateService/CreateCertificate";

  CsrService(io::Loop& loop, Rng& rng, Log& log, Authenticator& authenticator, SignerSource& source)
      : loop_(loop), rng_(rng), log_(log), authenticator_(authenticator), source_(source) {}
  io::Task<Result<void>> serve(net::GrpcServerCall& call) override;

  uint64_t issued() const { return issued_; }
  uint64_t refused() const { return refused_; }

 private:
  io::Task<Result<std::string>> answer(net::GrpcServerCall& call, std::string request);

  io::Loop& loop_;
  Rng& rng_;
  Log& log_;
  Authenticator& authenticator_;
  SignerSource& source_;
  uint64_t issued_ = 0;
  uint64_t refused_ = 0;
};

}  // namespace meshka::mesh
