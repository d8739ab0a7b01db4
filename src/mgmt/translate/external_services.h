// ExternalServices: hosts outside the meshes that workspaces may call, with TLS added on the way
// where the user asks for it.
#pragma once

#include <string>

#include "mgmt/translate/inventory.h"

namespace meshka::mgmt {

struct Context;

// Of the entry's port: its name, else "http-80".
std::string externalPortName(doc::Value port);

void writeExternalServices(Context& context);

}  // namespace meshka::mgmt
