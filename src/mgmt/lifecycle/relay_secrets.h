// The relay's certificates and token: made once for an installation and never overwritten, also
// without TLS, so that a later switch needs nothing new.
#pragma once

#include "client/api_client.h"
#include "io/loop.h"

namespace meshka::mgmt {

// Creates what is missing of the four Secrets; gives how many were made. Errors: kInvalid when the
// root of trust is there without its key and something has to be signed.
io::Task<Result<size_t>> ensureRelaySecrets(io::World& world, client::ApiClient& api,
                                            std::string ns);

// What a workload cluster gets: the root's certificate without its key, and the token; which
// of the two was not there before.
struct CopiedSecrets {
  bool root_created = false;
  bool token_created = false;
};
io::Task<Result<CopiedSecrets>> copyRelaySecrets(io::World& world, client::ApiClient& mgmt,
                                                 client::ApiClient& remote, std::string ns);

}  // namespace meshka::mgmt
