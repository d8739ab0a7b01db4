// Reading Envoy's admin answers. Envoy writes members as a_b, tools of Go as aB: both are taken.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "doc/doc.h"

namespace meshka::cli::proxy {

// Member `name` ("dynamic_active_clusters"), in either spelling.
doc::Value at(doc::Value object, std::string_view name);
template <class... Names>
doc::Value at(doc::Value object, std::string_view first, std::string_view second, Names... more) {
  return at(at(object, first), second, more...);
}

// The part of a config_dump with this message ("ClustersConfigDump"); missing when there is none.
doc::Value section(doc::Value dump, std::string_view message);

// The resources of a section, static ones included: its lists' elements' member `resource`.
std::vector<doc::Value> clustersOf(doc::Value dump);
std::vector<doc::Value> listenersOf(doc::Value dump);
std::vector<doc::Value> routesOf(doc::Value dump);

// "outbound|9080|v1|a.b.svc" in its parts; the whole name as host when it is not of that form.
struct ClusterName {
  std::string direction, port, subset, host;
  bool parsed = false;
};
ClusterName parseClusterName(std::string_view name);

// "NAME.NAMESPACE" of the Istio object that the metadata names; "" when it names none.
std::string managedBy(doc::Value metadata);

}  // namespace meshka::cli::proxy
