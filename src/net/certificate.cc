// Reading certificates and requests, and verifying chains.
#include <arpa/inet.h>

#include <ctime>

#include "base/digest.h"
#include "net/limits.h"
#include "net/openssl.h"
#include "net/pki.h"
#include "net/tls_context.h"

namespace meshka::net {
namespace {

// UTF-8 text of a name's or extension's string; "" when it holds a NUL (the old trick against C
// strings).
std::string textOf(const ASN1_STRING* s) {
  unsigned char* out = nullptr;
  const int n = ASN1_STRING_to_UTF8(&out, s);
  if (n < 0) return {};
  std::string text(reinterpret_cast<char*>(out), static_cast<size_t>(n));
  OPENSSL_free(out);
  return text.find('\0') == std::string::npos ? text : std::string();
}

std::vector<std::string> nameEntries(const X509_NAME* name, int nid) {
  std::vector<std::string> out;
  for (int i = X509_NAME_get_index_by_NID(name, nid, -1); i >= 0;
       i = X509_NAME_get_index_by_NID(name, nid, i)) {
    std::string text = textOf(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)));
    if (!text.empty()) out.push_back(std::move(text));
  }
  return out;
}

std::string nameText(const X509_NAME* name) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  return bioText(bio.get());
}

WallTime timeOf(const ASN1_TIME* t) {
  std::tm tm{};
  if (ASN1_TIME_to_tm(t, &tm) != 1) return {};
  return WallTime{static_cast<int64_t>(timegm(&tm)) * 1'000'000'000};
}

Result<SubjectAltNames> namesOf(const GENERAL_NAMES* names) {
  SubjectAltNames out;
  if (static_cast<size_t>(sk_GENERAL_NAME_num(names)) > kMaxSans) {
    return fail(Code::kInvalid, "too many subject alternative names");
  }
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* n = sk_GENERAL_NAME_value(names, i);
    if (n->type == GEN_DNS) out.dns.push_back(textOf(n->d.dNSName));
    if (n->type == GEN_URI) out.uris.push_back(textOf(n->d.uniformResourceIdentifier));
    if (n->type == GEN_EMAIL) out.emails.push_back(textOf(n->d.rfc822Name));
    if (n->type == GEN_IPADD) {
      const int size = ASN1_STRING_length(n->d.iPAddress);
      char text[INET6_ADDRSTRLEN] = "";
      if (size == 4 || size == 16) {
        inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(n->d.iPAddress), text,
                  sizeof text);
        out.ips.emplace_back(text);
      }
    }
  }
  return out;
}

struct NamesFree {
  void operator()(GENERAL_NAMES* n) const { GENERAL_NAMES_free(n); }
};
using NamesPtr = std::unique_ptr<GENERAL_NAMES, NamesFree>;

std::string spkiOf(EVP_PKEY* key) {
  unsigned char* out = nullptr;
  const int n = key == nullptr ? 0 : i2d_PUBKEY(key, &out);
  std::string der;
  if (n > 0) der.assign(reinterpret_cast<char*>(out), static_cast<size_t>(n));
  OPENSSL_free(out);
  return der;
}

Result<Certificate> describe(X509* x) {
  Certificate c;
  c.der = derOf(x);
  const X509_NAME* subject = X509_get_subject_name(x);
  c.subject = nameText(subject);
  c.issuer = nameText(X509_get_issuer_name(x));
  const auto common_names = nameEntries(subject, NID_commonName);
  if (!common_names.empty()) c.common_name = common_names.back();
  c.organizations = nameEntries(subject, NID_organizationName);
  const BignumPtr serial(ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), nullptr));
  char* hex = serial ? BN_bn2hex(serial.get()) : nullptr;
  if (hex != nullptr) c.serial_hex = toLower(hex);
  OPENSSL_free(hex);
  c.not_before = timeOf(X509_get0_notBefore(x));
  c.not_after = timeOf(X509_get0_notAfter(x));
  const NamesPtr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x, NID_subject_alt_name, nullptr, nullptr)));
  if (names) {
    MESHKA_TRY(c.sans, namesOf(names.get()));
  }
  const uint32_t flags = X509_get_extension_flags(x);
  if ((flags & EXFLAG_INVALID) != 0)
    return fail(Code::kInvalid, "certificate has broken extensions");
  c.is_ca = (flags & EXFLAG_CA) != 0;
  const bool any = (flags & EXFLAG_XKUSAGE) == 0;
  const uint32_t usage = any ? 0 : X509_get_extended_key_usage(x);
  c.server_auth = any || (usage & (XKU_SSL_SERVER | XKU_ANYEKU)) != 0;
  c.client_auth = any || (usage & (XKU_SSL_CLIENT | XKU_ANYEKU)) != 0;
  c.fingerprint = sha256Hex(c.der);
  c.public_key_der = spkiOf(X509_get0_pubkey(x));
  return c;
}

}  // namespace

Result<Certificate> parseCertificateDer(std::string_view der) {
  ERR_clear_error();
  const unsigned char* at = bytesOf(der);
  const X509Ptr x(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!x) return fail(Code::kInvalid, cat("malformed certificate: ", opensslError()));
  if (at != bytesOf(der) + der.size()) return fail(Code::kInvalid, "bytes after the certificate");
  auto out = describe(x.get());
  ERR_clear_error();
  return out;
}

Result<std::vector<Certificate>> parseCertificatesPem(std::string_view pem) {
  MESHKA_TRY(const auto loaded, loadCertificates(pem));
  std::vector<Certificate> out;
  for (const X509Ptr& x : loaded) {
    MESHKA_TRY(Certificate c, describe(x.get()));
    out.push_back(std::move(c));
  }
  return out;
}

Result<void> verifyChain(const std::vector<std::string>& chain, std::string_view ca_pem,
                         Usage usage, std::string_view name, WallTime at) {
  ERR_clear_error();
  if (chain.empty() || chain.size() > 2 * kMaxChainDepth) {
    return fail(Code::kUnauthenticated, "x509: no certificate, or too many");
  }
  MESHKA_TRY(const auto trusted, loadCertificates(ca_pem));
  const StorePtr store(X509_STORE_new());
  for (const X509Ptr& ca : trusted) X509_STORE_add_cert(store.get(), ca.get());
  std::vector<X509Ptr> certificates;
  for (const std::string& der : chain) {
    const unsigned char* p = bytesOf(der);
    X509Ptr x(d2i_X509(nullptr, &p, static_cast<long>(der.size())));
    if (!x)
      return fail(Code::kUnauthenticated, cat("x509: malformed certificate: ", opensslError()));
    certificates.push_back(std::move(x));
  }
  STACK_OF(X509)* others = sk_X509_new_null();
  for (size_t i = 1; i < certificates.size(); ++i) sk_X509_push(others, certificates[i].get());
  const StoreCtxPtr context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), certificates[0].get(), others);
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(param, at.unixSeconds());
  X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_depth(param, kMaxChainDepth);
  if (usage == Usage::kServer) X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
  if (usage == Usage::kClient) X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_CLIENT);
  const std::string expected(name);
  if (isIpLiteral(expected)) {
    X509_VERIFY_PARAM_set1_ip_asc(param, expected.c_str());
  } else if (!expected.empty()) {
    X509_VERIFY_PARAM_set1_host(param, expected.data(), expected.size());
    X509_VERIFY_PARAM_set_hostflags(
        param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  }
  const int ok = X509_verify_cert(context.get());
  const int error = X509_STORE_CTX_get_error(context.get());
  sk_X509_free(others);
  ERR_clear_error();
  if (ok == 1) return {};
  return fail(Code::kUnauthenticated, cat("x509: ", X509_verify_cert_error_string(error)));
}

Result<Request> parseRequestPem(std::string_view pem) {
  ERR_clear_error();
  MESHKA_TRY(auto blocks, pemBlocks(pem, "CERTIFICATE REQUEST"));
  if (blocks.empty()) {
    MESHKA_TRY(blocks, pemBlocks(pem, "NEW CERTIFICATE REQUEST"));
  }
  if (blocks.size() != 1) return fail(Code::kInvalid, "PEM block type must be CERTIFICATE REQUEST");
  const unsigned char* p = bytesOf(blocks[0]);
  const RequestPtr request(d2i_X509_REQ(nullptr, &p, static_cast<long>(blocks[0].size())));
  if (!request) return fail(Code::kInvalid, cat("malformed certificate request: ", opensslError()));
  EVP_PKEY* key = X509_REQ_get0_pubkey(request.get());
  if (key == nullptr || X509_REQ_verify(request.get(), key) != 1) {
    ERR_clear_error();
    return fail(Code::kInvalid, "certificate request is not signed with its own key");
  }
  Request out;
  const X509_NAME* subject = X509_REQ_get_subject_name(request.get());
  const auto names = nameEntries(subject, NID_commonName);
  if (!names.empty()) out.common_name = names.back();
  out.organizations = nameEntries(subject, NID_organizationName);
  out.public_key_der = spkiOf(key);
  STACK_OF(X509_EXTENSION)* extensions = X509_REQ_get_extensions(request.get());
  Result<SubjectAltNames> sans;
  if (extensions != nullptr) {
    const NamesPtr general(static_cast<GENERAL_NAMES*>(
        X509V3_get_d2i(extensions, NID_subject_alt_name, nullptr, nullptr)));
    if (general) sans = namesOf(general.get());
    auto* usages = static_cast<EXTENDED_KEY_USAGE*>(
        X509V3_get_d2i(extensions, NID_ext_key_usage, nullptr, nullptr));
    for (int i = 0; i < sk_ASN1_OBJECT_num(usages); ++i) {
      const int nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(usages, i));
      out.server_auth = out.server_auth || nid == NID_server_auth;
      out.client_auth = out.client_auth || nid == NID_client_auth;
    }
    EXTENDED_KEY_USAGE_free(usages);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  }
  ERR_clear_error();
  if (!sans) return fail(sans.error());
  out.sans = std::move(*sans);
  return out;
}

SubjectAltNames intersect(const SubjectAltNames& requested, const SubjectAltNames& allowed) {
  const auto both = [](const std::vector<std::string>& a, const std::vector<std::string>& b) {
    std::vector<std::string> out;
    for (const std::string& s : a) {
      for (const std::string& t : b) {
        if (s == t) {
          out.push_back(s);
          break;
        }
      }
    }
    return out;
  };
  return {both(requested.dns, allowed.dns), both(requested.ips, allowed.ips),
          both(requested.uris, allowed.uris), both(requested.emails, allowed.emails)};
}

}  // namespace meshka::net
