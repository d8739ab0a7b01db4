// X.509: keys, certificates, requests, authorities, verification. PEM and DER are plain strings;
// times come from the caller's Clock, serial numbers from the caller's Rng. P-256 is made here in
// well under a millisecond; an RSA key takes hundreds: Runtime::offload it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"

namespace meshka::net {

class PrivateKey {
 public:
  static Result<PrivateKey> generateP256();
  static Result<PrivateKey> generateRsa(int bits);
  // PKCS#8, SEC1 or PKCS#1, not encrypted. Errors: kInvalid.
  static Result<PrivateKey> parsePem(std::string_view pem);

  std::string pem() const;                     // PKCS#8
  std::string publicKeyPem() const;            // SPKI
  std::string publicKeyDer() const;            // SPKI
  bool isEc() const;                           // P-256; otherwise RSA
  void* native() const { return key_.get(); }  // EVP_PKEY, for net's own .cc files

 private:
  explicit PrivateKey(std::shared_ptr<void> key) : key_(std::move(key)) {}
  std::shared_ptr<void> key_;
};

struct SubjectAltNames {
  std::vector<std::string> dns;
  std::vector<std::string> ips;  // "10.0.0.1", "fd00::1"
  std::vector<std::string> uris;
  std::vector<std::string> emails;
  bool operator==(const SubjectAltNames&) const = default;
  bool empty() const { return dns.empty() && ips.empty() && uris.empty() && emails.empty(); }
};

struct Certificate {
  std::string der;
  std::string subject;  // RFC 2253: "CN=a,O=b"
  std::string issuer;
  std::string common_name;
  std::vector<std::string> organizations;
  std::string serial_hex;
  WallTime not_before;
  WallTime not_after;
  SubjectAltNames sans;
  bool is_ca = false;
  bool server_auth = false;  // extended key usage; both when the extension is absent
  bool client_auth = false;
  std::string fingerprint;     // SHA-256 of the DER, hex
  std::string public_key_der;  // SPKI
};

Result<Certificate> parseCertificateDer(std::string_view der);
// All certificates of a bundle; junk between blocks is skipped, a broken block is an error. Errors:
// kInvalid.
Result<std::vector<Certificate>> parseCertificatesPem(std::string_view pem);
std::string certificatePem(std::string_view der);
// PEM blocks with this label ("CERTIFICATE"), decoded.
Result<std::vector<std::string>> pemBlocks(std::string_view pem, std::string_view label);
std::string pemEncode(std::string_view label, std::string_view der);

enum class Usage : uint8_t { kAny, kServer, kClient };
// `chain` is DER, leaf first; it must lead to a certificate of `ca_pem` and be valid at `at`.
// `name` (DNS or IP) is checked against the leaf when not empty. Errors: kUnauthenticated with
// OpenSSL's reason.
Result<void> verifyChain(const std::vector<std::string>& chain, std::string_view ca_pem,
                         Usage usage, std::string_view name, WallTime at);

struct LeafSpec {
  std::string common_name;
  std::vector<std::string> organizations;
  SubjectAltNames sans;
  bool server = false;
  bool client = false;
  WallTime not_before;
  WallTime not_after;
};

struct Request {  // a parsed PKCS#10 whose signature fits its key
  std::string common_name;
  std::vector<std::string> organizations;
  SubjectAltNames sans;
  bool server_auth = false;
  bool client_auth = false;
  std::string public_key_der;
};
Result<Request> parseRequestPem(std::string_view pem);
Result<std::string> createRequestPem(const PrivateKey& key, std::string_view common_name,
                                     const std::vector<std::string>& organizations,
                                     const SubjectAltNames& sans);

struct KeyPair {
  std::string certificate_pem;  // the leaf, then the issuer unless that is self-signed
  std::string key_pem;
};

class Authority {
 public:
  // A self-signed CA with a new P-256 key.
  static Result<Authority> create(std::string_view common_name,
                                  const std::vector<std::string>& organizations,
                                  WallTime not_before, WallTime not_after, Rng& rng);
  // `certificate_pem`: the issuer first; certificates after it are handed out with the leaves.
  static Result<Authority> fromPem(std::string_view certificate_pem, std::string_view key_pem);

  const std::string& certificatePem() const { return certificate_pem_; }
  std::string keyPem() const { return key_.pem(); }
  const Certificate& certificate() const { return certificate_; }

  // Issues exactly what `spec` says for this public key (SPKI DER): what a request asked for has no
  // say here, the caller copies from it what policy allows. The life time is cut to the issuer's
  // own. Errors: kInvalid.
  Result<std::string> issue(const LeafSpec& spec, std::string_view public_key_der, Rng& rng) const;
  Result<KeyPair> issueWithNewKey(const LeafSpec& spec, Rng& rng) const;
  // The certificate of an intermediate authority for somebody else's public key; it may sign leaves
  // only. Names and times are those of `spec`, its usages do not count.
  Result<std::string> issueIntermediate(const LeafSpec& spec, std::string_view public_key_der,
                                        Rng& rng) const;
  // An intermediate authority with a new key; it may sign leaves only.
  Result<Authority> createIntermediate(std::string_view common_name, WallTime not_before,
                                       WallTime not_after, Rng& rng) const;

 private:
  explicit Authority(PrivateKey key) : key_(std::move(key)) {}
  PrivateKey key_;
  Certificate certificate_;
  std::string certificate_pem_;
};

// Keeps of `requested` what `allowed` has too.
SubjectAltNames intersect(const SubjectAltNames& requested, const SubjectAltNames& allowed);

}  // namespace meshka::net
