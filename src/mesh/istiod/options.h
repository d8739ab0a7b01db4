// What istiod is told by its flags and environment.
#pragma once

#include <string>
#include <vector>

#include "base/function.h"
#include "base/time.h"
#include "io/network.h"

namespace meshka::mesh {

// The version whose behaviour is emulated, in the form istioctl takes apart:
// VERSION-REVISION-STATE.
inline constexpr const char* kEmulatedVersion = "1.11.7";
inline constexpr const char* kEmulatedVersionText = "1.11.7-meshka-Clean";

struct IstiodOptions {
  std::string root_namespace = "istio-system";  // POD_NAMESPACE
  std::string pod_name = "istiod";              // POD_NAME
  std::string revision = "default";             // REVISION
  std::string cluster_id = "Kubernetes";        // CLUSTER_ID
  std::string istiod_address;                   // ISTIOD_ADDR
  bool skip_validate_trust_domain = false;      // PILOT_SKIP_VALIDATE_TRUST_DOMAIN
  bool legacy_fs_group = true;                  // ENABLE_LEGACY_FSGROUP_INJECTION
  std::string cluster_domain = "cluster.local";
  Duration max_connection_age = minutes(30);
  std::vector<std::string> serving_names;  // more names of the serving certificate
  io::Endpoint http{"0.0.0.0", 8080};
  io::Endpoint grpc{"0.0.0.0", 15010};
  io::Endpoint secure_grpc{"0.0.0.0", 15012};
  io::Endpoint monitoring{"0.0.0.0", 15014};
  io::Endpoint webhooks{"0.0.0.0", 15017};

  // "istio" for the default revision, else "istio-REVISION".
  std::string withRevision(std::string name) const {
    return revision.empty() || revision == "default" ? name : name + "-" + revision;
  }
};

// Sets what the environment says. `get` gives a variable, "" when it is not set.
void applyEnvironment(IstiodOptions& options, Function<std::string(const char* name)> get);
// DNS names of istiod's own certificate.
std::vector<std::string> servingNames(const IstiodOptions& options);

}  // namespace meshka::mesh
