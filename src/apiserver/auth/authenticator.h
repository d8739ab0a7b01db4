// Who a request is from: a client certificate that the listener verified, or a bearer token
// (service account or static). Wrong credentials are refused, never treated as none.
#pragma once

#include <map>
#include <string>

#include "apiserver/auth/tokens.h"
#include "apiserver/auth_interfaces.h"

namespace meshka::apiserver {

class StandardAuthenticator final : public Authenticator {
 public:
  // `tokens` outlives it. `static_tokens` maps bearer tokens to users (tests, bootstrap).
  explicit StandardAuthenticator(Tokens& tokens, std::map<std::string, User> static_tokens = {})
      : tokens_(tokens), static_tokens_(std::move(static_tokens)) {}
  Result<std::optional<User>> authenticate(const net::ServerRequest& request) override;

 private:
  Tokens& tokens_;
  std::map<std::string, User> static_tokens_;
};

}  // namespace meshka::apiserver
