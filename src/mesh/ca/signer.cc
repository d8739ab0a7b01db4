#include "mesh/ca/signer.h"

#include <algorithm>

#include "base/strings.h"
#include "mesh/ca/limits.h"
#include "mesh/validate/addresses.h"

namespace meshka::mesh {
namespace {

// issue() gives the leaf and what the authority was made of: only the leaf is wanted here.
Result<net::Certificate> leafOf(const std::string& pem) {
  MESHKA_TRY(auto certificates, net::parseCertificatesPem(pem));
  if (certificates.empty()) return fail(Code::kInternal, "nothing was issued");
  return std::move(certificates[0]);
}

}  // namespace

Result<Signer> Signer::create(CaMaterial material) {
  MESHKA_TRY(net::Authority authority,
             net::Authority::fromPem(material.certificate_pem, material.key_pem));
  return Signer(std::move(material), std::move(authority));
}

Result<SignedCertificate> Signer::sign(std::string_view csr_pem, std::string_view trust_domain,
                                       const WorkloadIdentity& identity, Duration life,
                                       WallTime now, Rng& rng) const {
  if (csr_pem.size() > kMaxCsrBytes) return fail(Code::kInvalid, "certificate request too large");
  if (life > kMaxCertificateLife) {
    return fail(Code::kInvalid,
                cat("requested TTL ", toString(life), " is greater than the max allowed TTL ",
                    toString(kMaxCertificateLife)));
  }
  if (life.ns <= 0) life = kDefaultCertificateLife;
  MESHKA_TRY(const net::Request request, net::parseRequestPem(csr_pem));
  net::LeafSpec spec;
  spec.sans.uris = {spiffeUri(trust_domain, identity)};
  spec.server = true;
  spec.client = true;
  spec.not_before = now;
  spec.not_after = now + life;
  MESHKA_TRY(const std::string issued, authority_.issue(spec, request.public_key_der, rng));
  MESHKA_TRY(const net::Certificate leaf, leafOf(issued));
  SignedCertificate out;
  out.not_after = leaf.not_after;
  out.chain.push_back(net::certificatePem(leaf.der));
  if (!material_.intermediates_pem.empty()) {
    MESHKA_TRY(const auto between, net::parseCertificatesPem(material_.intermediates_pem));
    for (const net::Certificate& c : between) out.chain.push_back(net::certificatePem(c.der));
  }
  out.chain.push_back(material_.root_pem);
  return out;
}

Result<net::KeyPair> Signer::serving(const std::vector<std::string>& names, WallTime now,
                                     Rng& rng) const {
  MESHKA_TRY(const net::PrivateKey key, net::PrivateKey::generateP256());
  net::LeafSpec spec;
  for (const std::string& name : names)
    (isIp(name) ? spec.sans.ips : spec.sans.dns).push_back(name);
  spec.server = true;
  spec.client = true;
  spec.not_before = now;
  spec.not_after = now + kServingLife;
  MESHKA_TRY(const std::string issued, authority_.issue(spec, key.publicKeyDer(), rng));
  MESHKA_TRY(const net::Certificate leaf, leafOf(issued));
  return net::KeyPair{net::certificatePem(leaf.der) + material_.intermediates_pem, key.pem()};
}

}  // namespace meshka::mesh
