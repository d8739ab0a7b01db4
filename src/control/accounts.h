// What every namespace has: the service account "default", and the ConfigMap with the cluster's CA.
#pragma once

#include "control/context.h"

namespace meshka::control {

std::unique_ptr<Controller> startServiceAccounts(Context& context);
std::unique_ptr<Controller> startRootCaPublisher(Context& context, std::string ca_pem);

}  // namespace meshka::control
