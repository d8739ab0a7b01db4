// Making certificates and requests.
#include <arpa/inet.h>

#include <algorithm>

#include "net/limits.h"
#include "net/openssl.h"
#include "net/pki.h"

namespace meshka::net {
namespace {

EVP_PKEY* native(const PrivateKey& key) {
  return static_cast<EVP_PKEY*>(key.native());
}

bool setName(X509_NAME* name, std::string_view common_name,
             const std::vector<std::string>& organizations) {
  bool ok = true;
  for (const std::string& o : organizations) {
    ok = ok && X509_NAME_add_entry_by_NID(name, NID_organizationName, MBSTRING_UTF8, bytesOf(o),
                                          static_cast<int>(o.size()), -1, 0) == 1;
  }
  if (!common_name.empty()) {
    ok = ok && X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, bytesOf(common_name),
                                          static_cast<int>(common_name.size()), -1, 0) == 1;
  }
  return ok;
}

void push(GENERAL_NAMES* names, int type, ASN1_STRING* value) {
  GENERAL_NAME* n = GENERAL_NAME_new();
  GENERAL_NAME_set0_value(n, type, value);
  sk_GENERAL_NAME_push(names, n);
}

ASN1_STRING* asn1(int type, std::string_view bytes) {
  ASN1_STRING* s = ASN1_STRING_type_new(type);
  ASN1_STRING_set(s, bytes.data(), static_cast<int>(bytes.size()));
  return s;
}

// Errors: kInvalid, naming the SAN.
Result<GENERAL_NAMES*> generalNames(const SubjectAltNames& sans) {
  GENERAL_NAMES* names = sk_GENERAL_NAME_new_null();
  for (const std::string& dns : sans.dns) push(names, GEN_DNS, asn1(V_ASN1_IA5STRING, dns));
  for (const std::string& uri : sans.uris) push(names, GEN_URI, asn1(V_ASN1_IA5STRING, uri));
  for (const std::string& mail : sans.emails) push(names, GEN_EMAIL, asn1(V_ASN1_IA5STRING, mail));
  for (const std::string& ip : sans.ips) {
    char raw[16];
    size_t size = 0;
    if (inet_pton(AF_INET, ip.c_str(), raw) == 1)
      size = 4;
    else if (inet_pton(AF_INET6, ip.c_str(), raw) == 1)
      size = 16;
    if (size == 0) {
      GENERAL_NAMES_free(names);
      return fail(Code::kInvalid, cat("subject alternative name \"", ip, "\" is no IP address"));
    }
    push(names, GEN_IPADD, asn1(V_ASN1_OCTET_STRING, {raw, size}));
  }
  return names;
}

bool addExtension(X509* x, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, x, nullptr, nullptr, 0);
  X509V3_set_ctx_nodb(&context);
  X509_EXTENSION* e = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (e == nullptr) return false;
  const bool ok = X509_add_ext(x, e, -1) == 1;
  X509_EXTENSION_free(e);
  return ok;
}

struct Draft {
  std::string_view common_name;
  const std::vector<std::string>& organizations;
  const SubjectAltNames& sans;
  WallTime not_before, not_after;
  std::string basic_constraints, key_usage, extended_usage;
};

// Everything but the signature's key; `issuer` null: self-signed.
Result<std::string> make(const Draft& d, EVP_PKEY* subject_key, X509* issuer, EVP_PKEY* signer,
                         Rng& rng) {
  const X509Ptr x(X509_new());
  X509_set_version(x.get(), X509_VERSION_3);
  std::string serial = rng.bytes(16);
  serial[0] = static_cast<char>((serial[0] & 0x3f) |
                                0x40);  // positive, full length (RFC 5280: 20 bytes at most)
  const BignumPtr number(BN_bin2bn(bytesOf(serial), static_cast<int>(serial.size()), nullptr));
  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x.get()));
  bool ok = setName(X509_get_subject_name(x.get()), d.common_name, d.organizations);
  X509_set_issuer_name(x.get(), X509_get_subject_name(issuer == nullptr ? x.get() : issuer));
  ASN1_TIME_set(X509_getm_notBefore(x.get()), d.not_before.unixSeconds());
  ASN1_TIME_set(X509_getm_notAfter(x.get()), d.not_after.unixSeconds());
  X509_set_pubkey(x.get(), subject_key);
  X509* by = issuer == nullptr ? x.get() : issuer;
  ok = ok && addExtension(x.get(), by, NID_basic_constraints, d.basic_constraints) &&
       addExtension(x.get(), by, NID_key_usage, d.key_usage) &&
       addExtension(x.get(), by, NID_subject_key_identifier, "hash") &&
       addExtension(x.get(), by, NID_authority_key_identifier, "keyid:always");
  if (!d.extended_usage.empty())
    ok = ok && addExtension(x.get(), by, NID_ext_key_usage, d.extended_usage);
  if (!d.sans.empty()) {
    MESHKA_TRY(GENERAL_NAMES* const names, generalNames(d.sans));
    const bool critical = d.common_name.empty() && d.organizations.empty();
    ok = ok && X509_add1_ext_i2d(x.get(), NID_subject_alt_name, names, critical ? 1 : 0, 0) == 1;
    GENERAL_NAMES_free(names);
  }
  if (!ok || X509_sign(x.get(), signer, EVP_sha256()) == 0) {
    return fail(Code::kInvalid, cat("certificate for \"", d.common_name, "\": ", opensslError()));
  }
  return derOf(x.get());
}

Result<X509Ptr> fromDer(std::string_view der) {
  const unsigned char* p = bytesOf(der);
  X509Ptr x(d2i_X509(nullptr, &p, static_cast<long>(der.size())));
  if (!x) return fail(Code::kInvalid, cat("malformed certificate: ", opensslError()));
  return x;
}

constexpr Duration kBackdate = minutes(5);  // clocks of others run differently

}  // namespace

Result<Authority> Authority::create(std::string_view common_name,
                                    const std::vector<std::string>& organizations,
                                    WallTime not_before, WallTime not_after, Rng& rng) {
  MESHKA_TRY(PrivateKey key, PrivateKey::generateP256());
  const SubjectAltNames none;
  const Draft draft{common_name,
                    organizations,
                    none,
                    not_before - kBackdate,
                    not_after,
                    "critical,CA:TRUE",
                    "critical,keyCertSign,cRLSign,digitalSignature",
                    ""};
  MESHKA_TRY(const std::string der, make(draft, native(key), nullptr, native(key), rng));
  return fromPem(net::certificatePem(der), key.pem());
}

Result<Authority> Authority::fromPem(std::string_view certificate_pem, std::string_view key_pem) {
  ERR_clear_error();
  MESHKA_TRY(PrivateKey key, PrivateKey::parsePem(key_pem));
  MESHKA_TRY(auto chain, parseCertificatesPem(certificate_pem));
  if (chain[0].public_key_der != key.publicKeyDer()) {
    return fail(Code::kInvalid, "CA key does not fit the CA certificate");
  }
  if (!chain[0].is_ca) return fail(Code::kInvalid, "certificate is no CA");
  Authority out(std::move(key));
  out.certificate_ = std::move(chain[0]);
  out.certificate_pem_ = certificate_pem;
  return out;
}

Result<std::string> Authority::issue(const LeafSpec& spec, std::string_view public_key_der,
                                     Rng& rng) const {
  ERR_clear_error();
  const unsigned char* p = bytesOf(public_key_der);
  const KeyPtr subject(d2i_PUBKEY(nullptr, &p, static_cast<long>(public_key_der.size())));
  if (!subject) return fail(Code::kInvalid, cat("malformed public key: ", opensslError()));
  MESHKA_TRY(const X509Ptr issuer, fromDer(certificate_.der));
  const bool rsa = EVP_PKEY_get_base_id(subject.get()) == EVP_PKEY_RSA;
  std::string extended;
  if (spec.server) extended = "serverAuth";
  if (spec.client) extended += extended.empty() ? "clientAuth" : ",clientAuth";
  const Draft draft{spec.common_name,
                    spec.organizations,
                    spec.sans,
                    std::max(spec.not_before - kBackdate, certificate_.not_before),
                    std::min(spec.not_after, certificate_.not_after),
                    "critical,CA:FALSE",
                    rsa ? "critical,digitalSignature,keyEncipherment" : "critical,digitalSignature",
                    extended};
  MESHKA_TRY(const std::string der, make(draft, subject.get(), issuer.get(), native(key_), rng));
  std::string pem = net::certificatePem(der);
  if (certificate_.subject != certificate_.issuer) pem += certificate_pem_;
  return pem;
}

Result<std::string> Authority::issueIntermediate(const LeafSpec& spec,
                                                 std::string_view public_key_der, Rng& rng) const {
  ERR_clear_error();
  const unsigned char* p = bytesOf(public_key_der);
  const KeyPtr subject(d2i_PUBKEY(nullptr, &p, static_cast<long>(public_key_der.size())));
  if (!subject) return fail(Code::kInvalid, cat("malformed public key: ", opensslError()));
  MESHKA_TRY(const X509Ptr issuer, fromDer(certificate_.der));
  const Draft draft{spec.common_name,
                    spec.organizations,
                    spec.sans,
                    std::max(spec.not_before - kBackdate, certificate_.not_before),
                    std::min(spec.not_after, certificate_.not_after),
                    "critical,CA:TRUE,pathlen:0",
                    "critical,keyCertSign,cRLSign,digitalSignature",
                    ""};
  MESHKA_TRY(const std::string der, make(draft, subject.get(), issuer.get(), native(key_), rng));
  return net::certificatePem(der);
}

Result<KeyPair> Authority::issueWithNewKey(const LeafSpec& spec, Rng& rng) const {
  MESHKA_TRY(const PrivateKey key, PrivateKey::generateP256());
  MESHKA_TRY(std::string certificate, issue(spec, key.publicKeyDer(), rng));
  return KeyPair{std::move(certificate), key.pem()};
}

Result<Authority> Authority::createIntermediate(std::string_view common_name, WallTime not_before,
                                                WallTime not_after, Rng& rng) const {
  MESHKA_TRY(PrivateKey key, PrivateKey::generateP256());
  MESHKA_TRY(const X509Ptr issuer, fromDer(certificate_.der));
  const SubjectAltNames none;
  const std::vector<std::string> no_organizations;
  const Draft draft{common_name,
                    no_organizations,
                    none,
                    std::max(not_before - kBackdate, certificate_.not_before),
                    std::min(not_after, certificate_.not_after),
                    "critical,CA:TRUE,pathlen:0",
                    "critical,keyCertSign,cRLSign,digitalSignature",
                    ""};
  MESHKA_TRY(const std::string der, make(draft, native(key), issuer.get(), native(key_), rng));
  return fromPem(cat(net::certificatePem(der), certificate_pem_), key.pem());
}

Result<std::string> createRequestPem(const PrivateKey& key, std::string_view common_name,
                                     const std::vector<std::string>& organizations,
                                     const SubjectAltNames& sans) {
  ERR_clear_error();
  const RequestPtr request(X509_REQ_new());
  X509_REQ_set_version(request.get(), X509_REQ_VERSION_1);
  bool ok = setName(X509_REQ_get_subject_name(request.get()), common_name, organizations);
  X509_REQ_set_pubkey(request.get(), native(key));
  if (!sans.empty()) {
    MESHKA_TRY(GENERAL_NAMES* const names, generalNames(sans));
    STACK_OF(X509_EXTENSION)* extensions = sk_X509_EXTENSION_new_null();
    ok = ok &&
         X509V3_add1_i2d(&extensions, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1 &&
         X509_REQ_add_extensions(request.get(), extensions) == 1;
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    GENERAL_NAMES_free(names);
  }
  if (!ok || X509_REQ_sign(request.get(), native(key), EVP_sha256()) == 0) {
    return fail(Code::kInvalid, cat("certificate request: ", opensslError()));
  }
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_REQ(bio.get(), request.get());
  return bioText(bio.get());
}

}  // namespace meshka::net
