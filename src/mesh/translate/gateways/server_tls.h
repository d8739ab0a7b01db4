// TLS that ends at a gateway.
#pragma once

#include "mesh/translate/envoy/draft.h"
#include "mesh/translate/gateways/servers.h"

namespace meshka::mesh {

// Null when the server does not say which certificate to show.
Draft serverTls(const GatewayServer& server);

}  // namespace meshka::mesh
