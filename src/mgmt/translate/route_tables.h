// RouteTables as VirtualServices, in every namespace whose sidecars obey them.
#pragma once

namespace meshka::mgmt {

struct Context;

void writeRouteTables(Context& context);

}  // namespace meshka::mgmt
