// meshConfig: the key `mesh` of ConfigMap istio-system/istio.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "doc/doc.h"

namespace meshka::mesh {

struct MeshConfig {
  std::string trust_domain = "cluster.local";
  std::vector<std::string> trust_domain_aliases;
  std::string root_namespace = "istio-system";
  std::string cluster_domain = "cluster.local";
  std::string cluster_id = "Kubernetes";  // CLUSTER_ID of istiod
  std::string access_log_file;            // "" : none
  bool outbound_allow_any = true;         // false: REGISTRY_ONLY
  bool enable_auto_mtls = true;
  bool access_log_service = false;          // enableEnvoyAccessLogService
  bool skip_validate_trust_domain = false;  // PILOT_SKIP_VALIDATE_TRUST_DOMAIN
  doc::Doc default_config;                  // ProxyConfig
};

// Errors: kInvalid naming the field.
Result<MeshConfig> parseMeshConfig(std::string_view yaml);

}  // namespace meshka::mesh
