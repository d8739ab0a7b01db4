// Secrets that gateways ask for by name: `kubernetes://NAME`, NAME being a Secret of the gateway's
// own namespace.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "doc/doc.h"

namespace meshka::mesh {

struct GatewaySecretName {
  std::string ns;      // "": the gateway's own
  std::string secret;  // name of the Secret
  bool ca = false;     // the CA for clients is asked for: NAME-cacert
};
// nullopt: not of that form.
std::optional<GatewaySecretName> parseGatewaySecretName(std::string_view resource);

// An envoy.extensions.transport_sockets.tls.v3.Secret called `resource`. nullopt: `secret` has not
// the keys for it (tls.crt and tls.key, or cert and key; ca.crt or cacert).
std::optional<doc::Doc> gatewaySecret(std::string_view resource, doc::Value secret, bool ca);

}  // namespace meshka::mesh
