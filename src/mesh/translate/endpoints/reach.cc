// Which changes of endpoints other resources see.
#include <algorithm>

#include "mesh/model/model.h"
#include "mesh/translate/translate.h"

namespace meshka::mesh {
namespace {

bool sameForClients(const Service& a, const Service& b) {
  if (a.host != b.host || a.ns != b.ns || a.identities != b.identities) return false;
  if (a.resolution != Resolution::kPassthrough) return true;
  return std::equal(a.endpoints.begin(), a.endpoints.end(), b.endpoints.begin(), b.endpoints.end(),
                    [](const Endpoint& x, const Endpoint& y) {
                      return x.address == y.address && x.mutual_tls == y.mutual_tls;
                    });
}

}  // namespace

bool reachesBeyondEndpoints(const Model& before, const Model& after) {
  const auto& old_services = before.services();
  const auto& new_services = after.services();
  return !std::equal(old_services.begin(), old_services.end(), new_services.begin(),
                     new_services.end(), sameForClients);
}

}  // namespace meshka::mesh
