// When a proxy may be sent traffic. Envoy's own /ready also says yes after configuration that it
// refused, so its counters decide.
#pragma once

#include <string_view>

#include "mesh/agent/envoy_admin.h"
#include "mesh/agent/mesh_names.h"

namespace meshka::mesh::agent {

// From the text of Envoy's /stats. The error says what is missing.
Result<void> readyByStats(std::string_view stats);

class Readiness {
 public:
  // Both outlive it. `names` is null without DNS capture.
  Readiness(EnvoyAdmin& admin, const MeshNames* names) : admin_(admin), names_(names) {}

  // Asks Envoy until it once was ready. Errors: kUnavailable with the reason.
  io::Task<Result<void>> check();

 private:
  EnvoyAdmin& admin_;
  const MeshNames* names_;
  bool was_ready_ = false;
};

}  // namespace meshka::mesh::agent
