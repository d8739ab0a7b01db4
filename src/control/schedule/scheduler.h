// The scheduler: which node a pod runs on. The choice is a plain function of the pod, the nodes and
// their pods.
#pragma once

#include "control/context.h"

namespace meshka::control {

struct NodeState {
  doc::Doc node;
  std::vector<doc::Doc> pods;  // bound to it and not ended
};

struct Choice {
  std::string node;     // empty: none fits
  std::string message;  // then: "0/2 nodes are available: 2 Insufficient cpu."
};
Choice chooseNode(doc::Value pod, const std::vector<NodeState>& nodes);

std::unique_ptr<Controller> startScheduler(Context& context);

}  // namespace meshka::control
