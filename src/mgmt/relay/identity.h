// Who an agent is: its certificate's SAN "spiffe://relay/cluster/NAME" must name the cluster that
// the stream speaks for. Where plain text is allowed a connection without a certificate is
// believed.
#pragma once

#include <string>
#include <string_view>

#include "net/http.h"
#include "net/pki.h"

namespace meshka::mgmt {

std::string agentIdentity(std::string_view cluster);

// Errors: UNAUTHENTICATED (no certificate), PERMISSION_DENIED (another cluster's), as gRPC errors.
Result<void> checkAgent(const net::Peer& peer, std::string_view cluster, bool insecure);

// Takes the same time whatever the first difference is.
bool equalSecrets(std::string_view a, std::string_view b);

}  // namespace meshka::mgmt
