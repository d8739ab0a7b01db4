#include "apiserver/auth/authenticator.h"

#include "base/digest.h"
#include "base/strings.h"
#include "net/pki.h"

namespace meshka::apiserver {

namespace {

constexpr std::string_view kBearer = "bearer ";
constexpr size_t kMaxBearerBytes = 16 * 1024;

constexpr std::string_view kWebSocketToken = "base64url.bearer.authorization.k8s.io.";
constexpr size_t kMaxCertificates = 1024;  // parsed ones; emptied when full

// Constant time: how much of a wrong token was right does not show.
bool equalSecrets(std::string_view a, std::string_view b) {
  unsigned char difference = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < a.size() && i < b.size(); ++i)
    difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace

Result<std::optional<std::string>> bearerToken(const net::Headers& headers) {
  const auto values = headers.getAll("authorization");
  if (values.size() > 1) return fail(Code::kUnauthenticated, "more than one Authorization header");
  if (!values.empty()) {
    const std::string_view value = values[0];
    if (value.size() > kMaxBearerBytes ||
        !equalsIgnoreCase(value.substr(0, kBearer.size()), kBearer)) {
      return fail(Code::kUnauthenticated, "the Authorization header holds no bearer token");
    }
    return std::string(trim(value.substr(kBearer.size())));
  }
  std::optional<std::string> found;
  if (!net::headerHasToken(headers, "upgrade", "websocket")) return found;
  for (const std::string_view value : headers.getAll("sec-websocket-protocol")) {
    for (std::string_view part : split(value, ',')) {
      part = trim(part);
      if (!part.starts_with(kWebSocketToken)) continue;
      const auto token = base64UrlDecode(part.substr(kWebSocketToken.size()));
      if (!token || found) return fail(Code::kUnauthenticated, "malformed token subprotocol");
      found = *token;
    }
  }
  return found;
}

Result<User> StandardAuthenticator::fromCertificate(const std::string& der) {
  const std::string id = sha256(der);
  auto known = certificates_.find(id);
  if (known == certificates_.end()) {
    MESHKA_TRY(net::Certificate parsed, net::parseCertificateDer(der));
    if (certificates_.size() >= kMaxCertificates) certificates_.clear();
    known = certificates_.emplace(id, std::move(parsed)).first;
  }
  const net::Certificate& certificate = known->second;
  // Connections live longer than certificates.
  const WallTime now = tokens_.clock().wall();
  if (now < certificate.not_before || certificate.not_after < now)
    return fail(Code::kUnauthenticated, "the certificate has expired or is not yet valid");
  if (!certificate.client_auth)
    return fail(Code::kUnauthenticated, "the certificate is not for clients");
  if (certificate.common_name.empty())
    return fail(Code::kUnauthenticated, "the certificate has no common name");
  User user{certificate.common_name, "", certificate.organizations, {}};
  if (!user.inGroup(kGroupAuthenticated)) user.groups.emplace_back(kGroupAuthenticated);
  return user;
}

// A certificate goes before a token, as in Kubernetes; one that does not hold is no identity, but a
// token beside it may be.
Result<std::optional<User>> StandardAuthenticator::authenticate(const net::ServerRequest& request) {
  Result<std::optional<User>> without_token = std::nullopt;
  if (!request.peer.certificates.empty()) {
    auto user = fromCertificate(request.peer.certificates.front());
    if (user) return std::move(*user);
    without_token = fail(user.error());
  } else if (request.peer.certificate_rejected) {
    without_token = fail(Code::kUnauthenticated, "the client certificate is not trusted");
  }
  MESHKA_TRY(const auto token, bearerToken(request.headers));
  if (!token) return without_token;
  for (const auto& [known, user] : static_tokens_) {
    if (equalSecrets(known, *token)) return user;
  }
  MESHKA_TRY(Tokens::Verified verified, tokens_.verify(*token, {}));
  return std::move(verified.user);
}

}  // namespace meshka::apiserver
