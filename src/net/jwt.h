// JSON Web Tokens in compact form (RFC 7515, 7519) with ES256 and RS256, and the JWK set of the
// verifying keys (RFC 7517). Only signature and form are checked here; iss, aud, exp belong to the
// caller.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "doc/doc.h"
#include "net/pki.h"

namespace meshka::net {

struct JwtKey {
  std::string id;              // kid
  std::string public_key_der;  // SPKI, P-256 or RSA
};
// The key id that Kubernetes derives: base64url(SHA-256(SPKI DER)).
std::string jwtKeyId(std::string_view public_key_der);
// Key(s) of PEM blocks "PUBLIC KEY", "PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY" or
// "CERTIFICATE".
Result<std::vector<JwtKey>> parseJwtKeys(std::string_view pem);

Result<std::string> signJwt(const PrivateKey& key, doc::Value claims);
// The claims without any check of the signature: to find out whose token it is.
Result<doc::Doc> peekJwtClaims(std::string_view token);
// The algorithm must be the key's own; a kid that is known selects its key, otherwise every key is
// tried. Errors: kUnauthenticated.
Result<doc::Doc> verifyJwt(std::string_view token, const std::vector<JwtKey>& keys);
// {"keys":[{"use":"sig","kty":"EC","kid":...}]}
Result<doc::Doc> jwkSet(const std::vector<JwtKey>& keys);

}  // namespace meshka::net
