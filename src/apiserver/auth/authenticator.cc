#include "apiserver/auth/authenticator.h"

#include "base/strings.h"
#include "net/pki.h"

namespace meshka::apiserver {

namespace {

constexpr std::string_view kBearer = "bearer ";
constexpr size_t kMaxBearerBytes = 16 * 1024;

Result<User> fromCertificate(const std::string& der) {
  MESHKA_TRY(const net::Certificate certificate, net::parseCertificateDer(der));
  if (!certificate.client_auth)
    return fail(Code::kUnauthenticated, "the certificate is not for clients");
  if (certificate.common_name.empty())
    return fail(Code::kUnauthenticated, "the certificate has no common name");
  User user{certificate.common_name, "", certificate.organizations, {}};
  user.groups.emplace_back(kGroupAuthenticated);
  return user;
}

// Constant time: how much of a wrong token was right does not show.
bool equalSecrets(std::string_view a, std::string_view b) {
  unsigned char difference = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < a.size() && i < b.size(); ++i)
    difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace

Result<std::optional<User>> StandardAuthenticator::authenticate(const net::ServerRequest& request) {
  const auto headers = request.headers.getAll("authorization");
  if (headers.size() > 1) return fail(Code::kUnauthenticated, "more than one Authorization header");
  if (!headers.empty()) {
    const std::string_view header = headers[0];
    if (header.size() > kMaxBearerBytes ||
        !equalsIgnoreCase(header.substr(0, kBearer.size()), kBearer)) {
      return fail(Code::kUnauthenticated, "the Authorization header holds no bearer token");
    }
    const std::string_view token = trim(header.substr(kBearer.size()));
    for (const auto& [known, user] : static_tokens_) {
      if (equalSecrets(known, token)) return user;
    }
    MESHKA_TRY(Tokens::Verified verified, tokens_.verify(token, {}));
    return std::move(verified.user);
  }
  if (request.peer.certificates.empty()) return std::optional<User>();
  MESHKA_TRY(User user, fromCertificate(request.peer.certificates.front()));
  return user;
}

}  // namespace meshka::apiserver
