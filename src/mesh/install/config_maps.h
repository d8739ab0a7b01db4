// The two ConfigMaps that istiod reads: mesh configuration and injection.
#pragma once

#include <string>

#include "mesh/install/operator.h"

namespace meshka::mesh {

// Key `mesh` of ConfigMap istio: YAML.
std::string meshConfigText(const Installation& installation);
// Key `meshNetworks`.
std::string meshNetworksText(const Installation& installation);
// Keys `values` (JSON) and `config` (YAML) of ConfigMap istio-sidecar-injector.
std::string injectorValuesText(const Installation& installation, std::string_view jwt_policy);
std::string injectorConfigText(const Installation& installation);

}  // namespace meshka::mesh
