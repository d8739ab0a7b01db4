#include "net/jwt.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>

#include "base/digest.h"
#include "doc/json.h"
#include "net/limits.h"
#include "net/openssl.h"

namespace meshka::net {
namespace {

constexpr int kP256Bytes = 32;
struct EcdsaSigFree {
  void operator()(ECDSA_SIG* s) const { ECDSA_SIG_free(s); }
};
using EcdsaSigPtr = std::unique_ptr<ECDSA_SIG, EcdsaSigFree>;

Result<KeyPtr> publicKey(std::string_view der) {
  const unsigned char* p = bytesOf(der);
  KeyPtr key(d2i_PUBKEY(nullptr, &p, static_cast<long>(der.size())));
  if (!key) return fail(Code::kInvalid, cat("malformed public key: ", opensslError()));
  return key;
}

// JWS wants r and s as 64 raw bytes (RFC 7518 3.4), OpenSSL speaks DER.
std::string rawFromDer(std::string_view der) {
  const unsigned char* p = bytesOf(der);
  const EcdsaSigPtr sig(d2i_ECDSA_SIG(nullptr, &p, static_cast<long>(der.size())));
  if (!sig) return {};
  std::string out(2 * kP256Bytes, '\0');
  auto* bytes = reinterpret_cast<unsigned char*>(out.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(sig.get()), bytes, kP256Bytes);
  BN_bn2binpad(ECDSA_SIG_get0_s(sig.get()), bytes + kP256Bytes, kP256Bytes);
  return out;
}
std::string derFromRaw(std::string_view raw) {
  if (raw.size() != 2 * kP256Bytes) return {};
  const EcdsaSigPtr sig(ECDSA_SIG_new());
  ECDSA_SIG_set0(sig.get(), BN_bin2bn(bytesOf(raw), kP256Bytes, nullptr),
                 BN_bin2bn(bytesOf(raw.substr(kP256Bytes)), kP256Bytes, nullptr));
  unsigned char* out = nullptr;
  const int n = i2d_ECDSA_SIG(sig.get(), &out);
  std::string der;
  if (n > 0) der.assign(reinterpret_cast<char*>(out), static_cast<size_t>(n));
  OPENSSL_free(out);
  return der;
}

struct Parts {
  std::string_view signed_part;
  doc::Doc header, claims;
  std::string signature;
};

Result<Parts> splitToken(std::string_view token) {
  const auto bad = [] { return fail(Code::kUnauthenticated, "token is malformed"); };
  if (token.size() > kMaxJwtBytes) return bad();
  const auto pieces = split(token, '.');
  if (pieces.size() != 3) return bad();
  const auto header = base64UrlDecode(pieces[0]);
  const auto claims = base64UrlDecode(pieces[1]);
  auto signature = base64UrlDecode(pieces[2]);
  if (!header || !claims || !signature) return bad();
  // One signature, one spelling: spare bits of the last character must be zero.
  if (base64UrlEncode(*signature) != pieces[2]) return bad();
  std::vector<std::string> duplicates;
  const doc::ParseOptions options{
      .max_depth = 16, .max_bytes = kMaxJwtBytes, .duplicate_keys = &duplicates};
  auto h = doc::parseJson(*header, options);
  auto c = doc::parseJson(*claims, options);
  if (!h || !c || !duplicates.empty() || !h->value().isObject() || !c->value().isObject())
    return bad();
  return Parts{token.substr(0, pieces[0].size() + 1 + pieces[1].size()), std::move(*h),
               std::move(*c), std::move(*signature)};
}

bool signatureHolds(const Parts& parts, std::string_view algorithm, const JwtKey& key) {
  auto pub = publicKey(key.public_key_der);
  if (!pub) return false;
  const bool ec = EVP_PKEY_get_base_id(pub->get()) == EVP_PKEY_EC;
  if (algorithm != (ec ? "ES256" : "RS256")) return false;  // the key decides, not the token
  const std::string signature = ec ? derFromRaw(parts.signature) : parts.signature;
  const MdCtxPtr context(EVP_MD_CTX_new());
  const bool ok =
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, pub->get()) == 1 &&
      EVP_DigestVerify(context.get(), bytesOf(signature), signature.size(),
                       bytesOf(parts.signed_part), parts.signed_part.size()) == 1;
  ERR_clear_error();
  return ok;
}

std::string number(EVP_PKEY* key, const char* name, int pad) {
  BIGNUM* n = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &n) != 1) return {};
  const BignumPtr owned(n);
  std::string out(static_cast<size_t>(pad > 0 ? pad : BN_num_bytes(n)), '\0');
  BN_bn2binpad(n, reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size()));
  return base64UrlEncode(out);
}

}  // namespace

std::string jwtKeyId(std::string_view public_key_der) {
  return base64UrlEncode(sha256(public_key_der));
}

Result<std::vector<JwtKey>> parseJwtKeys(std::string_view pem) {
  ERR_clear_error();
  std::vector<JwtKey> out;
  const auto add = [&](std::string der) {
    std::string id = jwtKeyId(der);
    out.push_back({std::move(id), std::move(der)});
  };
  MESHKA_TRY(auto publics, pemBlocks(pem, "PUBLIC KEY"));
  for (std::string& der : publics) {
    MESHKA_TRY(const KeyPtr checked, publicKey(der));
    add(std::move(der));
  }
  for (std::string_view label : {"PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"}) {
    MESHKA_TRY(auto privates, pemBlocks(pem, label));
    for (const std::string& der : privates) {
      MESHKA_TRY(const PrivateKey key, PrivateKey::parsePem(pemEncode(label, der)));
      add(key.publicKeyDer());
    }
  }
  MESHKA_TRY(auto certificates, pemBlocks(pem, "CERTIFICATE"));
  for (const std::string& der : certificates) {
    MESHKA_TRY(const Certificate c, parseCertificateDer(der));
    add(c.public_key_der);
  }
  if (out.empty()) return fail(Code::kInvalid, "no key in PEM text");
  return out;
}

Result<std::string> signJwt(const PrivateKey& key, doc::Value claims) {
  ERR_clear_error();
  const std::string header = cat("{\"alg\":\"", key.isEc() ? "ES256" : "RS256", "\",\"kid\":\"",
                                 jwtKeyId(key.publicKeyDer()), "\"}");
  std::string token = cat(base64UrlEncode(header), ".", base64UrlEncode(doc::toJson(claims)));
  const MdCtxPtr context(EVP_MD_CTX_new());
  size_t size = 0;
  auto* native = static_cast<EVP_PKEY*>(key.native());
  bool ok = EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, native) == 1 &&
            EVP_DigestSign(context.get(), nullptr, &size, bytesOf(token), token.size()) == 1;
  std::string signature(size, '\0');
  ok = ok && EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                            &size, bytesOf(token), token.size()) == 1;
  if (!ok) return fail(Code::kInternal, cat("signing a token: ", opensslError()));
  signature.resize(size);
  if (key.isEc()) signature = rawFromDer(signature);
  return cat(token, ".", base64UrlEncode(signature));
}

Result<doc::Doc> peekJwtClaims(std::string_view token) {
  MESHKA_TRY(Parts parts, splitToken(token));
  return std::move(parts.claims);
}

Result<doc::Doc> verifyJwt(std::string_view token, const std::vector<JwtKey>& keys) {
  MESHKA_TRY(Parts parts, splitToken(token));
  const std::string_view algorithm = parts.header["alg"].text();
  if (algorithm != "ES256" && algorithm != "RS256") {
    return fail(Code::kUnauthenticated, cat("token has unsupported algorithm \"", algorithm, "\""));
  }
  if (parts.header["crit"].exists()) {
    return fail(Code::kUnauthenticated, "token has critical headers that are not known");
  }
  const std::string_view id = parts.header["kid"].text();
  bool known = false;
  for (const JwtKey& key : keys) known = known || (!id.empty() && key.id == id);
  for (const JwtKey& key : keys) {
    if (known && key.id != id) continue;
    if (signatureHolds(parts, algorithm, key)) return std::move(parts.claims);
  }
  return fail(Code::kUnauthenticated, "token signature is not valid");
}

Result<doc::Doc> jwkSet(const std::vector<JwtKey>& keys) {
  doc::Draft list = doc::Draft::array();
  for (const JwtKey& key : keys) {
    MESHKA_TRY(const KeyPtr pub, publicKey(key.public_key_der));
    doc::Draft& jwk = list.push(doc::Draft::object());
    jwk["use"] = "sig";
    jwk["kid"] = key.id;
    if (EVP_PKEY_get_base_id(pub.get()) == EVP_PKEY_EC) {
      jwk["kty"] = "EC";
      jwk["crv"] = "P-256";
      jwk["alg"] = "ES256";
      jwk["x"] = number(pub.get(), OSSL_PKEY_PARAM_EC_PUB_X, kP256Bytes);
      jwk["y"] = number(pub.get(), OSSL_PKEY_PARAM_EC_PUB_Y, kP256Bytes);
    } else {
      jwk["kty"] = "RSA";
      jwk["alg"] = "RS256";
      jwk["n"] = number(pub.get(), OSSL_PKEY_PARAM_RSA_N, 0);
      jwk["e"] = number(pub.get(), OSSL_PKEY_PARAM_RSA_E, 0);
    }
  }
  doc::Draft out = doc::Draft::object();
  out["keys"] = std::move(list);
  return out.finish();
}

}  // namespace meshka::net
