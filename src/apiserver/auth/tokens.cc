#include "apiserver/auth/tokens.h"

#include <algorithm>

#include "base/digest.h"
#include "base/strings.h"

namespace meshka::apiserver {

using doc::Draft;
using doc::Value;

namespace {

// A deleted account or pod may finish what it began.
constexpr Duration kDeletionGrace = seconds(60);
constexpr int64_t kLeewaySeconds =
    10;  // between the clocks of issuer and verifier (they are one here)

Error invalidToken(std::string_view why) {
  return Error(Code::kUnauthenticated, cat("invalid bearer token: ", why));
}

bool contains(const std::vector<std::string>& list, std::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

std::vector<std::string> audiencesOf(Value claims) {
  const Value aud = claims["aud"];
  std::vector<std::string> out;
  if (aud.isString()) out.emplace_back(aud.text());
  for (const Value a : aud.elements()) out.emplace_back(a.text());
  return out;
}

}  // namespace

User serviceAccountUser(std::string_view ns, std::string_view name, std::string_view uid) {
  return {cat("system:serviceaccount:", ns, ":", name),
          std::string(uid),
          {"system:serviceaccounts", cat("system:serviceaccounts:", ns),
           std::string(kGroupAuthenticated)},
          {}};
}

Tokens::Tokens(const io::Clock& clock, Rng& rng, net::PrivateKey key, std::string issuer,
               std::vector<std::string> api_audiences, Find find)
    : clock_(clock),
      rng_(rng),
      key_(std::move(key)),
      keys_({{net::jwtKeyId(key_.publicKeyDer()), key_.publicKeyDer()}}),
      issuer_(std::move(issuer)),
      api_audiences_(std::move(api_audiences)),
      find_(std::move(find)) {}

Result<Tokens::Issued> Tokens::issue(const TokenSpec& spec) {
  const int64_t now = clock_.wall().unixSeconds();
  Draft own = Draft::object({{"namespace", spec.ns}});
  own["serviceaccount"] =
      Draft::object({{"name", spec.service_account}, {"uid", spec.service_account_uid}});
  if (spec.bound) {
    own[toLower(spec.bound->kind)] =
        Draft::object({{"name", spec.bound->name}, {"uid", spec.bound->uid}});
  }
  if (!spec.node.empty()) {
    own["node"]["name"] = spec.node;
    const doc::Doc node = find_("nodes", "", spec.node);
    if (node.exists()) own["node"]["uid"] = node["metadata"]["uid"].text();
  }
  if (spec.seconds == kWarnAfterSeconds) own["warnafter"] = now + kWarnAfterSeconds;
  Draft claims =
      Draft::object({{"iss", issuer_},
                     {"sub", cat("system:serviceaccount:", spec.ns, ":", spec.service_account)},
                     {"aud", Draft::strings(spec.audiences)},
                     {"iat", now},
                     {"nbf", now},
                     {"exp", now + spec.seconds},
                     {"jti", newUuid(rng_)},
                     {"kubernetes.io", std::move(own)}});
  MESHKA_TRY(std::string token, net::signJwt(key_, claims.finish()));
  return Issued{std::move(token), WallTime{(now + spec.seconds) * 1'000'000'000}};
}

Result<std::string> Tokens::issueLegacy(std::string_view ns, std::string_view account,
                                        std::string_view uid, std::string_view secret) {
  const Draft claims =
      Draft::object({{"iss", "kubernetes/serviceaccount"},
                     {"sub", cat("system:serviceaccount:", ns, ":", account)},
                     {"kubernetes.io/serviceaccount/namespace", ns},
                     {"kubernetes.io/serviceaccount/secret.name", secret},
                     {"kubernetes.io/serviceaccount/service-account.name", account},
                     {"kubernetes.io/serviceaccount/service-account.uid", uid}});
  return net::signJwt(key_, claims.finish());
}

bool Tokens::alive(std::string_view plural, std::string_view ns, std::string_view name,
                   std::string_view uid) {
  const doc::Doc found = find_(plural, ns, name);
  if (!found.exists() || uid.empty() || found["metadata"]["uid"].text() != uid) return false;
  const Value deleted = found["metadata"]["deletionTimestamp"];
  if (!deleted.isString()) return true;
  const auto at = parseRfc3339(deleted.text());
  return at && clock_.wall() < *at + kDeletionGrace;
}

Result<void> Tokens::checkAlive(Value claims, std::string_view ns, std::string_view account,
                                std::string& uid) {
  if (!alive("serviceaccounts", ns, account, uid)) {
    return fail(invalidToken("service account has been deleted"));
  }
  const Value own = claims["kubernetes.io"];
  for (const auto& [kind, plural] : {std::pair{"pod", "pods"}, std::pair{"secret", "secrets"}}) {
    if (!own[kind].exists()) continue;
    if (!alive(plural, ns, own[kind]["name"].text(), own[kind]["uid"].text())) {
      return fail(invalidToken(cat(kind, " it is bound to has been deleted")));
    }
  }
  return {};
}

Result<doc::Doc> Tokens::verifiedClaims(std::string_view token) {
  const std::string id = sha256(token);
  if (const auto known = verified_.find(id); known != verified_.end()) return known->second;
  auto claims = net::verifyJwt(token, keys_);
  if (!claims) return fail(invalidToken(claims.error().message()));
  if (verified_.size() >= kMaxVerifiedTokens) verified_.clear();
  verified_[id] = *claims;
  return std::move(*claims);
}

// A Secret's token is for the API server, and lives as long as the Secret holds it.
Result<Tokens::Verified> Tokens::verifyLegacy(std::string_view token, Value claims,
                                              const std::vector<std::string>& asked) {
  std::vector<std::string> shared;
  for (const std::string& audience : api_audiences_) {
    if (asked.empty() || contains(asked, audience)) shared.push_back(audience);
  }
  if (shared.empty()) return fail(invalidToken("it is for another audience"));
  const std::string_view ns = claims["kubernetes.io/serviceaccount/namespace"].text();
  const std::string_view account =
      claims["kubernetes.io/serviceaccount/service-account.name"].text();
  std::string uid(claims["kubernetes.io/serviceaccount/service-account.uid"].text());
  MESHKA_CHECK(checkAlive(Value(), ns, account, uid));
  const doc::Doc secret =
      find_("secrets", ns, claims["kubernetes.io/serviceaccount/secret.name"].text());
  const auto stored = base64Decode(secret["data"]["token"].text());
  if (!secret.exists() || !stored || *stored != token ||
      secret["metadata"]["deletionTimestamp"].exists()) {
    return fail(invalidToken("its secret has been deleted or holds another token"));
  }
  return Verified{serviceAccountUser(ns, account, uid), std::move(shared)};
}

Result<Tokens::Verified> Tokens::verify(std::string_view token,
                                        const std::vector<std::string>& asked) {
  MESHKA_TRY(const doc::Doc verified, verifiedClaims(token));
  const Value claims = verified;
  if (claims["iss"].text() == "kubernetes/serviceaccount") {
    return verifyLegacy(token, claims, asked);
  }
  if (claims["iss"].text() != issuer_) return fail(invalidToken("it was issued by somebody else"));
  const int64_t now = clock_.wall().unixSeconds();
  if (claims["exp"].kind() != doc::Kind::kInt || claims["exp"].integer() <= now - kLeewaySeconds)
    return fail(invalidToken("token has expired"));
  if (claims["nbf"].integer() > now + kLeewaySeconds)
    return fail(invalidToken("token is not valid yet"));
  std::vector<std::string> shared;
  for (std::string& audience : audiencesOf(claims)) {
    if (contains(asked.empty() ? api_audiences_ : asked, audience))
      shared.push_back(std::move(audience));
  }
  if (shared.empty()) return fail(invalidToken("it is for another audience"));
  const Value own = claims["kubernetes.io"];
  const std::string_view ns = own["namespace"].text();
  const std::string_view account = own["serviceaccount"]["name"].text();
  std::string uid(own["serviceaccount"]["uid"].text());
  if (claims["sub"].text() != cat("system:serviceaccount:", ns, ":", account)) {
    return fail(invalidToken("its subject is not its account"));
  }
  MESHKA_CHECK(checkAlive(claims, ns, account, uid));
  Verified out{serviceAccountUser(ns, account, uid), std::move(shared)};
  if (own["pod"].isObject()) {
    out.user.extra["authentication.kubernetes.io/pod-name"] = {
        std::string(own["pod"]["name"].text())};
    out.user.extra["authentication.kubernetes.io/pod-uid"] = {
        std::string(own["pod"]["uid"].text())};
  }
  for (const auto& [claim, extra] :
       {std::pair{"name", "node-name"}, std::pair{"uid", "node-uid"}}) {
    const std::string_view value = own["node"][claim].text();
    if (!value.empty())
      out.user.extra[cat("authentication.kubernetes.io/", extra)] = {std::string(value)};
  }
  if (const std::string_view id = claims["jti"].text(); !id.empty()) {
    out.user.extra["authentication.kubernetes.io/credential-id"] = {cat("JTI=", id)};
  }
  return out;
}

doc::Doc Tokens::discovery() const {
  return Draft::object({{"issuer", issuer_},
                        {"jwks_uri", cat(issuer_, "/openid/v1/jwks")},
                        {"response_types_supported", Draft::strings({"id_token"})},
                        {"subject_types_supported", Draft::strings({"public"})},
                        {"id_token_signing_alg_values_supported", Draft::strings({key_.isEc() ? "ES256" : "RS256"})}})
      .finish();
}

}  // namespace meshka::apiserver
