// Istio's CustomResourceDefinitions, made of the table schemas/istio/1.11.7/crds.yaml.
#pragma once

#include <vector>

#include "doc/doc.h"

namespace meshka::mesh {

// In the order of their names.
std::vector<doc::Doc> istioCrds();

}  // namespace meshka::mesh
