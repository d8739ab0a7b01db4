// PEM (RFC 7468): text around base64 around DER.
#include "net/limits.h"
#include "net/openssl.h"
#include "net/pki.h"

namespace meshka::net {

Result<std::vector<std::string>> pemBlocks(std::string_view pem, std::string_view label) {
  if (pem.size() > kMaxPemBytes) return fail(Code::kTooLarge, "PEM text is too large");
  const std::string begin = cat("-----BEGIN ", label, "-----"),
                    end = cat("-----END ", label, "-----");
  std::vector<std::string> out;
  for (size_t at = pem.find(begin); at != std::string_view::npos; at = pem.find(begin, at)) {
    at += begin.size();
    const size_t stop = pem.find(end, at);
    if (stop == std::string_view::npos) {
      return fail(Code::kInvalid, cat("PEM block ", label, " has no end"));
    }
    const std::string_view body = pem.substr(at, stop - at);
    auto der = body.find("-----") == std::string_view::npos ? base64Decode(body) : std::nullopt;
    if (!der || der->empty())
      return fail(Code::kInvalid, cat("PEM block ", label, " is malformed"));
    out.push_back(std::move(*der));
    at = stop + end.size();
  }
  return out;
}

std::string pemEncode(std::string_view label, std::string_view der) {
  const std::string text = base64Encode(der);
  std::string out = cat("-----BEGIN ", label, "-----\n");
  for (size_t i = 0; i < text.size(); i += 64) out.append(text, i, 64).push_back('\n');
  return out.append(cat("-----END ", label, "-----\n"));
}

std::string certificatePem(std::string_view der) {
  return pemEncode("CERTIFICATE", der);
}

Result<std::vector<X509Ptr>> loadCertificates(std::string_view pem) {
  MESHKA_TRY(const auto blocks, pemBlocks(pem, "CERTIFICATE"));
  std::vector<X509Ptr> out;
  for (const std::string& der : blocks) {
    ERR_clear_error();
    const unsigned char* at = bytesOf(der);
    X509Ptr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    if (!certificate) return fail(Code::kInvalid, cat("malformed certificate: ", opensslError()));
    out.push_back(std::move(certificate));
  }
  if (out.empty()) return fail(Code::kInvalid, "no certificate in PEM text");
  return out;
}

}  // namespace meshka::net
