#include "mesh/istiod/endpoint_scope.h"

#include <algorithm>

namespace meshka::mesh {
namespace {

bool sameEndpoint(const Endpoint& a, const Endpoint& b) {
  return a.address == b.address && a.ports == b.ports && a.weight == b.weight &&
         a.locality == b.locality && a.mutual_tls == b.mutual_tls;
}

bool sameForClusters(const Service& a, const Service& b) {
  if (a.host != b.host || a.ns != b.ns || a.identities != b.identities) return false;
  return a.resolution == Resolution::kEds ||
         std::ranges::equal(a.endpoints, b.endpoints, sameEndpoint);
}

}  // namespace

bool onlyEndpointsDiffer(const Model& before, const Model& after) {
  return std::ranges::equal(before.services(), after.services(), sameForClusters);
}

}  // namespace meshka::mesh
