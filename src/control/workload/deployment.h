// Deployments: one ReplicaSet per pod template, rolled over by planRollout().
#pragma once

#include "control/context.h"

namespace meshka::control {

std::unique_ptr<Controller> startDeployments(Context& context);

}  // namespace meshka::control
