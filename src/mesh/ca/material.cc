#include "mesh/ca/material.h"

#include <algorithm>

#include "base/strings.h"
#include "mesh/ca/limits.h"
#include "net/pki.h"

namespace meshka::mesh {
namespace {

std::string entry(doc::Value secret, std::string_view key) {
  return base64Decode(secret["data"][key].text()).value_or("");
}

struct Names {
  const char* certificate;
  const char* key;
  const char* chain;  // "": the certificate's own file has it
  const char* root;
};
constexpr Names kUpstream = {"ca-cert.pem", "ca-key.pem", "cert-chain.pem", "root-cert.pem"};
constexpr Names kCertManager = {"tls.crt", "tls.key", "", "ca.crt"};

// The root that the chain ends in, and the others of the bundle.
Result<void> pickRoot(const std::vector<std::string>& chain_der,
                      const std::vector<net::Certificate>& roots, WallTime now, CaMaterial& out) {
  Result<void> last = fail(Code::kInvalid, "the bundle of roots is empty");
  for (const net::Certificate& root : roots) {
    std::string pem = net::certificatePem(root.der);
    if (out.root_pem.empty()) {
      last = net::verifyChain(chain_der, pem, net::Usage::kAny, "", now);
      if (last) {
        out.root_pem = std::move(pem);
        continue;
      }
    }
    out.other_roots.push_back(std::move(pem));
  }
  if (out.root_pem.empty()) return fail(last.error());
  return {};
}

Result<CaMaterial> assemble(doc::Value secret, const Names& names, WallTime now) {
  CaMaterial out;
  out.plugged_in = true;
  const std::string chain_text = entry(secret, names.certificate) +
                                 (*names.chain != 0 ? "\n" + entry(secret, names.chain) : "");
  out.key_pem = entry(secret, names.key);
  const std::string root_text = entry(secret, names.root);
  for (const auto& [key, text] : {std::pair{names.certificate, entry(secret, names.certificate)},
                                  {names.key, out.key_pem},
                                  {names.root, root_text}}) {
    if (trim(text).empty()) return fail(Code::kInvalid, cat("secret cacerts has no key ", key));
  }
  auto chain = net::parseCertificatesPem(chain_text);
  if (!chain) return fail(chain.error().with(cat("secret cacerts, key ", names.certificate)));
  auto roots = net::parseCertificatesPem(root_text);
  if (!roots) return fail(roots.error().with(cat("secret cacerts, key ", names.root)));
  out.certificate_pem = net::certificatePem((*chain)[0].der);
  std::vector<std::string> path;
  for (const net::Certificate& c : *chain) {
    if (std::ranges::find(path, c.der) != path.end()) continue;  // cert-chain.pem begins with it
    path.push_back(c.der);
    if (c.subject != c.issuer) out.intermediates_pem += net::certificatePem(c.der);
  }
  const auto authority = net::Authority::fromPem(out.certificate_pem, out.key_pem);
  if (!authority) return fail(authority.error().with("secret cacerts"));
  const auto picked = pickRoot(path, *roots, now, out);
  if (!picked) return fail(picked.error().with("secret cacerts: no path to a root"));
  return out;
}

}  // namespace

Result<CaMaterial> pluggedInCa(doc::Value secret, WallTime now) {
  const bool cert_manager =
      !secret["data"]["ca-key.pem"].exists() && secret["data"]["tls.key"].exists();
  return assemble(secret, cert_manager ? kCertManager : kUpstream, now);
}

Result<CaMaterial> selfSignedCa(doc::Value secret, WallTime now) {
  CaMaterial out;
  out.certificate_pem = entry(secret, "ca-cert.pem");
  out.key_pem = entry(secret, "ca-key.pem");
  const auto authority = net::Authority::fromPem(out.certificate_pem, out.key_pem);
  if (!authority) return fail(authority.error().with("secret istio-ca-secret"));
  if (authority->certificate().not_after <= now) {
    return fail(Code::kInvalid, "secret istio-ca-secret: the certificate has expired");
  }
  out.certificate_pem = net::certificatePem(authority->certificate().der);
  out.root_pem = out.certificate_pem;
  return out;
}

Result<CaMaterial> newSelfSignedCa(std::string_view trust_domain, WallTime now, Rng& rng) {
  MESHKA_TRY(
      const net::Authority authority,
      net::Authority::create("", {std::string(trust_domain)}, now, now + kSelfSignedLife, rng));
  CaMaterial out;
  out.certificate_pem = authority.certificatePem();
  out.key_pem = authority.keyPem();
  out.root_pem = out.certificate_pem;
  return out;
}

doc::Doc selfSignedSecret(const CaMaterial& ca, std::string_view ns) {
  using doc::Draft;
  Draft out = Draft::object();
  out["apiVersion"] = "v1";
  out["kind"] = "Secret";
  out["type"] = "istio.io/ca-root";
  out["metadata"]["name"] = "istio-ca-secret";
  out["metadata"]["namespace"] = ns;
  out["data"]["ca-cert.pem"] = base64Encode(ca.certificate_pem);
  out["data"]["ca-key.pem"] = base64Encode(ca.key_pem);
  for (const char* unused : {"cert-chain.pem", "key.pem", "root-cert.pem"}) {
    out["data"][unused] = "";  // upstream's empty fields
  }
  return out.finish();
}

std::string fingerprintOf(std::string_view pem) {
  const auto certificates = net::parseCertificatesPem(pem);
  return certificates && !certificates->empty() ? (*certificates)[0].fingerprint : std::string();
}

}  // namespace meshka::mesh
