#include "mesh/ca/csr_service.h"

#include "base/strings.h"
#include "io/async.h"
#include "mesh/ca/limits.h"
#include "xds/codec.h"

namespace meshka::mesh {

io::Task<Result<std::string>> CsrService::answer(net::GrpcServerCall& call, std::string request) {
  using net::GrpcStatus;
  const auto decoded = xds::decode("istio.v1.auth.IstioCertificateRequest", request);
  if (!decoded) {
    co_return fail(net::grpcError(GrpcStatus::kInvalidArgument, decoded.error().message()));
  }
  const auto identity = co_await authenticator_.authenticate(call);
  if (!identity) co_return fail(identity.error());
  const Signer* signer = source_.signer();
  if (signer == nullptr) {
    co_return fail(
        net::grpcError(GrpcStatus::kUnavailable, "the certificate authority is not ready"));
  }
  // Protobuf's JSON has 64-bit integers as text.
  const doc::Value life = (*decoded)["validity_duration"];
  const int64_t life_s = life.isString() ? parseInt(life.text()).value_or(0) : life.integer();
  if (life_s < 0 || life_s > kMaxCertificateLife.ns / seconds(1).ns) {
    co_return fail(
        net::grpcError(GrpcStatus::kInvalidArgument,
                       cat("requested TTL ", life_s, "s is not between 0 and the max allowed TTL ",
                           toString(kMaxCertificateLife))));
  }
  const auto made = signer->sign((*decoded)["csr"].text(), source_.trustDomain(), *identity,
                                 seconds(life_s), loop_.clock().wall(), rng_);
  if (!made) {
    co_return fail(net::grpcError(GrpcStatus::kInvalidArgument,
                                  cat("CSR signing error (", made.error().message(), ")")));
  }
  source_.onIssued(made->not_after);
  doc::Draft out = doc::Draft::object();
  out["cert_chain"] = doc::Draft::strings(made->chain);
  log_.info("certificate issued", {{"namespace", identity->ns},
                                   {"serviceAccount", identity->service_account},
                                   {"notAfter", toRfc3339(made->not_after)}});
  co_return xds::encode("istio.v1.auth.IstioCertificateResponse", out.finish());
}

io::Task<Result<void>> CsrService::serve(net::GrpcServerCall& call) {
  if (call.method() != kMethod) {
    co_return fail(
        net::grpcError(net::GrpcStatus::kUnimplemented, cat("unknown method ", call.method())));
  }
  MESHKA_CO_TRY(auto message,
                co_await io::withDeadline(loop_, loop_.clock().now() + kSecretCallTimeout,
                                          call.read(), "certificate request"));
  if (!message) co_return fail(net::grpcError(net::GrpcStatus::kInvalidArgument, "no request"));
  auto reply = co_await answer(call, std::move(*message));
  if (!reply) {
    ++refused_;
    log_.warn("certificate refused",
              {{"peer", call.peer().address.toString()}, {"error", reply.error().message()}});
    co_return fail(reply.error());
  }
  ++issued_;
  co_return co_await call.write(std::move(*reply));
}

}  // namespace meshka::mesh
