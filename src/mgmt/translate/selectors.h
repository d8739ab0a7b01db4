// The selectors of the interface (specification chapter 2). An empty selector has no constraint.
#pragma once

#include <string>
#include <string_view>

#include "mgmt/translate/world.h"

namespace meshka::mgmt {

// What a selector looks at. `given_cluster`: the other name of its cluster.
struct Selectable {
  std::string_view name;
  std::string_view ns;
  std::string cluster;
  std::string given_cluster;
  std::string_view workspace;
  const Labels* labels = nullptr;
};

struct ConfigObject;
Selectable selectable(const ConfigObject& object, const World& world);
Selectable selectable(const Service& service, const World& world, std::string_view workspace);

// ObjectSelector: name, namespace, cluster, workspace (globs), labels; all must match.
bool objectSelected(doc::Value selector, const Selectable& object);
// Any of a list; an empty list selects everything.
bool anySelected(doc::Value selectors, const Selectable& object);

// WorkspaceSelector: name (a glob) and selector over the workspace's labels.
bool workspaceSelected(doc::Value selector, std::string_view name, const Labels& labels);

// The kind of a DestinationSelector or DestinationReference, by name or number; missing is SERVICE.
bool kindIs(doc::Value reference, std::string_view name, int64_t number);

// PortSelector {number} or {name}; a missing one fits every port.
bool portSelected(doc::Value selector, const ServicePort& port);

}  // namespace meshka::mgmt
