// The components of an installation; each gives its objects. Only for the .cc files of this folder.
#pragma once

#include "mesh/install/render.h"
#include "mesh/install/template.h"

namespace meshka::mesh {

// "" or "-REVISION".
std::string suffixOf(const Installation& installation);
// The value of label istio.io/rev.
std::string revisionLabel(const Installation& installation);

// What every template may ask for.
TemplateValues commonValues(const Installation& installation, const ClusterFacts& facts);
// HUB/NAME:TAG of a component; its own hub and tag win. `image` with a '/' is taken as it is.
std::string imageOf(const Installation& installation, doc::Value component, std::string_view image);

std::vector<doc::Doc> fillObjects(std::string_view section, const TemplateValues& values);

std::vector<doc::Doc> pilotObjects(const Installation& installation, const ClusterFacts& facts);

struct GatewayInput {
  doc::Value component;        // {name, label, k8s, hub, tag}
  std::string_view direction;  // "ingress" or "egress"
  std::string_view label;      // IngressGateways
};
std::vector<doc::Doc> gatewayObjects(const Installation& installation, const ClusterFacts& facts,
                                     const GatewayInput& gateway);

doc::Draft envValue(std::string_view name, std::string_view value);
doc::Draft envField(std::string_view name, std::string_view path, bool with_version = true);
// Scalars as a container's environment has them.
std::string scalarText(doc::Value value);

}  // namespace meshka::mesh
