#include "mesh/ca/authenticator.h"

#include <algorithm>

#include "base/strings.h"
#include "mesh/ca/limits.h"
#include "net/pki.h"

namespace meshka::mesh {
namespace {

Error refused() {
  return net::grpcError(net::GrpcStatus::kUnauthenticated, "request authenticate failure");
}

std::string bearerToken(const net::Headers& metadata) {
  const std::string_view header = metadata.get("authorization").value_or("");
  constexpr std::string_view kBearer = "Bearer ";
  if (header.size() <= kBearer.size() ||
      !equalsIgnoreCase(header.substr(0, kBearer.size()), kBearer)) {
    return {};
  }
  return std::string(trim(header.substr(kBearer.size())));
}

}  // namespace

std::optional<WorkloadIdentity> TokenAuthenticator::byCertificate(const net::Peer& peer) const {
  if (peer.certificates.empty()) return std::nullopt;
  const auto leaf = net::parseCertificateDer(peer.certificates[0]);
  if (!leaf) return std::nullopt;
  for (const std::string& uri : leaf->sans.uris) {
    const auto id = parseSpiffeUri(uri);
    if (id && std::ranges::find(trust_domains_, id->trust_domain) != trust_domains_.end()) {
      return id->identity;
    }
  }
  return std::nullopt;
}

io::Task<Result<WorkloadIdentity>> TokenAuthenticator::byToken(std::string token) {
  using doc::Draft;
  Draft review = Draft::object();
  review["apiVersion"] = "authentication.k8s.io/v1";
  review["kind"] = "TokenReview";
  review["spec"]["token"] = token;
  review["spec"]["audiences"] = Draft::strings({kCaAudience});
  const auto answer =
      co_await api_.create({"authentication.k8s.io", "v1", "tokenreviews"}, "", review.finish(),
                           loop_.clock().now() + kTokenReviewTimeout);
  if (!answer) {
    log_.warn("a token cannot be reviewed", {{"error", answer.error().message()}});
    co_return fail(net::grpcError(net::GrpcStatus::kUnavailable, "token review failed"));
  }
  const doc::Value status = (*answer)["status"];
  bool audience = false;
  for (const doc::Value a : status["audiences"].elements()) audience |= a.text() == kCaAudience;
  const auto identity = parseServiceAccountUser(status["user"]["username"].text());
  if (!status["authenticated"].boolean() || !audience || !identity) {
    log_.warn("a token was refused", {{"error", status["error"].text("not authenticated")}});
    co_return fail(refused());
  }
  co_return *identity;
}

io::Task<Result<WorkloadIdentity>> TokenAuthenticator::authenticate(
    const net::GrpcServerCall& call) {
  if (auto identity = byCertificate(call.peer())) co_return std::move(*identity);
  std::string token = bearerToken(call.metadata());
  if (token.empty()) co_return fail(refused());
  co_return co_await byToken(std::move(token));
}

}  // namespace meshka::mesh
