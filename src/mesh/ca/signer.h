// Signs workload certificates: what is in them comes from the caller's proven identity, never from
// the request, of which only the public key counts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "mesh/ca/identity.h"
#include "mesh/ca/material.h"
#include "net/pki.h"

namespace meshka::mesh {

struct SignedCertificate {
  std::vector<std::string> chain;  // PEM: leaf, intermediates, root
  WallTime not_after;
};

class Signer {
 public:
  static Result<Signer> create(CaMaterial material);

  const CaMaterial& material() const { return material_; }
  // `life` 0: the default. Errors: kInvalid (request, life time).
  Result<SignedCertificate> sign(std::string_view csr_pem, std::string_view trust_domain,
                                 const WorkloadIdentity& identity, Duration life, WallTime now,
                                 Rng& rng) const;
  // For istiod's own servers, under DNS names or addresses; certificate_pem has the intermediates
  // too.
  Result<net::KeyPair> serving(const std::vector<std::string>& names, WallTime now, Rng& rng) const;

 private:
  Signer(CaMaterial material, net::Authority authority)
      : material_(std::move(material)), authority_(std::move(authority)) {}
  CaMaterial material_;
  net::Authority authority_;
};

}  // namespace meshka::mesh
