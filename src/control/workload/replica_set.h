// ReplicaSets: keep the wanted number of pods.
#pragma once

#include "control/context.h"

namespace meshka::control {

struct ReplicaSetPlan {
  size_t create = 0;
  std::vector<doc::Doc> remove;
  doc::Doc status;
};
// `pods`: those controlled by it.
ReplicaSetPlan planReplicaSet(doc::Value replica_set, const std::vector<doc::Doc>& pods,
                              WallTime now);

std::unique_ptr<Controller> startReplicaSets(Context& context);

}  // namespace meshka::control
