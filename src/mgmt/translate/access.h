// AccessPolicies: who may call a destination, with which paths and methods.
#pragma once

namespace meshka::mgmt {

struct Context;

void writeAccessPolicies(Context& context);

}  // namespace meshka::mgmt
