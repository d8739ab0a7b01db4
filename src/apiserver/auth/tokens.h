// Service account tokens: JWTs signed with the cluster's token key, bound to a pod or Secret when
// asked for, and worthless once the account or the bound object is gone.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apiserver/auth_interfaces.h"
#include "base/function.h"
#include "base/time.h"
#include "io/loop.h"
#include "net/jwt.h"

namespace meshka::apiserver {

inline constexpr std::string_view kDefaultIssuer = "https://kubernetes.default.svc.cluster.local";
inline constexpr int64_t kMinTokenSeconds = 600;               // TokenRequest's lower bound
inline constexpr int64_t kMaxTokenSeconds = int64_t{1} << 32;  // and its upper one
inline constexpr int64_t kWarnAfterSeconds = 3607;  // marks kubelet's own tokens as extended

inline constexpr size_t kMaxVerifiedTokens = 4096;

struct BoundObject {
  std::string kind;  // "Pod", "Secret"; a pod's node is added by the issuer
  std::string name;
  std::string uid;
};

struct TokenSpec {
  std::string ns, service_account, service_account_uid;
  std::vector<std::string> audiences;
  int64_t seconds = 3600;
  std::optional<BoundObject> bound;
  std::string node;  // of the bound pod
};

class Tokens {
 public:
  // Newest stored object, missing when absent: "serviceaccounts", "pods", "secrets" of a namespace.
  using Find =
      Function<doc::Doc(std::string_view plural, std::string_view ns, std::string_view name)>;

  Tokens(const io::Clock& clock, Rng& rng, net::PrivateKey key, std::string issuer,
         std::vector<std::string> api_audiences, Find find);

  struct Issued {
    std::string token;
    WallTime expires;
  };
  Result<Issued> issue(const TokenSpec& spec);
  // Without an expiry: for Secrets of type kubernetes.io/service-account-token.
  Result<std::string> issueLegacy(std::string_view ns, std::string_view service_account,
                                  std::string_view uid, std::string_view secret);

  struct Verified {
    User user;
    std::vector<std::string> audiences;  // those of the token that were asked for
  };
  // Signature, issuer, times, audience (any of `audiences`; empty: the API server's own), and that
  // what the token is bound to still exists. Errors: kUnauthenticated.
  Result<Verified> verify(std::string_view token, const std::vector<std::string>& audiences);

  const io::Clock& clock() const { return clock_; }
  const std::vector<std::string>& apiAudiences() const { return api_audiences_; }
  const std::string& issuer() const { return issuer_; }
  Result<doc::Doc> keySet() const { return net::jwkSet(keys_); }  // /openid/v1/jwks
  doc::Doc discovery() const;  // /.well-known/openid-configuration

 private:
  Result<void> checkAlive(doc::Value claims, std::string_view ns, std::string_view account,
                          std::string& uid);
  // The object is there, is the one of `uid`, and is not long past its deletion.
  bool alive(std::string_view plural, std::string_view ns, std::string_view name,
             std::string_view uid);
  Result<doc::Doc> verifiedClaims(std::string_view token);
  Result<Verified> verifyLegacy(std::string_view token, doc::Value claims,
                                const std::vector<std::string>& asked);

  const io::Clock& clock_;
  Rng& rng_;
  net::PrivateKey key_;
  std::vector<net::JwtKey> keys_;
  std::string issuer_;
  std::vector<std::string> api_audiences_;
  Find find_;
  // SHA-256 of tokens whose signature holds, with their claims: everything else is looked at each
  // time. Emptied at kMaxVerifiedTokens.
  std::map<std::string, doc::Doc> verified_;
};

// system:serviceaccount:NS:NAME with its groups.
User serviceAccountUser(std::string_view ns, std::string_view name, std::string_view uid);

}  // namespace meshka::apiserver
