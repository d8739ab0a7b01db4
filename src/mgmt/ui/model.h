// What the UI shows, as plain functions of the management cluster's objects.
#pragma once

#include <vector>

#include "doc/doc.h"

namespace meshka::mgmt::ui {

struct Inputs {
  std::vector<doc::Doc> clusters;  // KubernetesCluster
  std::vector<doc::Doc> meshes;    // the management server's copies
  std::vector<doc::Doc> workspaces;
  std::vector<doc::Doc> deployments;  // of the management plane
};

// {clusters, meshes, workspaces, components, problems}: problems first name what is wrong now.
doc::Doc overview(const Inputs& inputs);

}  // namespace meshka::mgmt::ui
