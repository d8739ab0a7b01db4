// The keys of a certificate authority, as Kubernetes Secrets hold them, in upstream's layout: a
// real istiod can take over, and the other way round.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "doc/doc.h"

namespace meshka::mesh {

struct CaMaterial {
  std::string certificate_pem;  // of the issuer
  std::string key_pem;
  std::string
      intermediates_pem;  // between a leaf and the root: the issuer first; empty: it is the root
  std::string root_pem;   // the root that the issuer leads to
  std::vector<std::string> other_roots;  // further roots of the bundle, PEM
  bool plugged_in = false;               // from Secret cacerts, not self-signed
  bool operator==(const CaMaterial&) const = default;
};

// Secret `cacerts`: ca-cert.pem, ca-key.pem, cert-chain.pem, root-cert.pem; or tls.crt, tls.key,
// ca.crt. Errors: kInvalid naming the key (missing, key does not fit, no path to the root,
// expired).
Result<CaMaterial> pluggedInCa(doc::Value secret, WallTime now);
// Secret `istio-ca-secret`: ca-cert.pem and ca-key.pem.
Result<CaMaterial> selfSignedCa(doc::Value secret, WallTime now);
// A new one, P-256, ten years, O=TRUST DOMAIN.
Result<CaMaterial> newSelfSignedCa(std::string_view trust_domain, WallTime now, Rng& rng);
doc::Doc selfSignedSecret(const CaMaterial& ca, std::string_view ns);

// SHA-256 of the first certificate, hex; "" when there is none.
std::string fingerprintOf(std::string_view pem);

}  // namespace meshka::mesh
