// One outbound listener while services are collected into it. For the .cc files of this folder
// only.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "mesh/model/mesh_config.h"
#include "mesh/translate/envoy/draft.h"
#include "mesh/translate/translate.h"

namespace meshka::mesh {

struct ListenerPlan {
  std::string bind;
  int port = 0;
  bool http = false;
  bool grpc = false;
  bool sniffed = false;    // nobody declared the protocol
  std::string route_name;  // of the HTTP chain
  std::vector<Draft> chains;
  std::set<std::string> matches;  // of `chains`, to keep them unique
  Draft rest;                     // tcp_proxy for what no chain takes; null: nothing known

  // Drops a chain whose match is there already: the older service keeps it.
  void addChain(Draft match, Draft filter);
};

NamedResource listenerOf(const MeshConfig& config, ListenerPlan plan, bool allow_any);

}  // namespace meshka::mesh
