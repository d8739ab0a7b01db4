// Who a request is from: a client certificate that the listener verified, or a bearer token
// (service account or static). Wrong credentials are refused, never treated as none.
#pragma once

#include <map>
#include <string>

#include "apiserver/auth/tokens.h"
#include "apiserver/auth_interfaces.h"
#include "net/pki.h"

namespace meshka::apiserver {

class StandardAuthenticator final : public Authenticator {
 public:
  // `tokens` outlives it. `static_tokens` maps bearer tokens to users (tests, bootstrap).
  explicit StandardAuthenticator(Tokens& tokens, std::map<std::string, User> static_tokens = {})
      : tokens_(tokens), static_tokens_(std::move(static_tokens)) {}
  Result<std::optional<User>> authenticate(const net::ServerRequest& request) override;

 private:
  Result<User> fromCertificate(const std::string& der);

  Tokens& tokens_;
  std::map<std::string, User> static_tokens_;
  std::map<std::string, net::Certificate> certificates_;  // by SHA-256 of the DER: parsing is slow
};

// The token of the Authorization header, or of the WebSocket subprotocol
// base64url.bearer.authorization.k8s.io.TOKEN that browsers use; nullopt when there is none.
// Errors: kUnauthenticated (two of them, another scheme, malformed).
Result<std::optional<std::string>> bearerToken(const net::Headers& headers);

}  // namespace meshka::apiserver
