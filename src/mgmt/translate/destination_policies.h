// Policies on destinations that become parts of their DestinationRules: outlier detection and
// connection limits.
#pragma once

#include "mgmt/translate/destination_rules.h"
#include "mgmt/translate/inventory.h"

namespace meshka::mgmt {

struct Context;

// As Istio writes it; what the policy leaves out gets this product's defaults. nullptr: all of
// them.
doc::Draft outlierDetection(const ConfigObject* policy);
doc::Draft connectionPool(const ConfigObject& policy);

// For Services; the hosts of other clusters included.
void writeDestinationPolicies(Context& context);

}  // namespace meshka::mgmt
