// FailoverPolicies as Istio's locality settings.
#pragma once

#include "mgmt/translate/inventory.h"

namespace meshka::mgmt {

struct Context;

// The loadBalancer of a DestinationRule.
doc::Draft localitySettings(Context& context, const ConfigObject& policy);

}  // namespace meshka::mgmt
