// What the two programs of the management plane share: their log, their cluster, and files that
// were mounted into their pods.
#pragma once

#include <memory>
#include <string>

#include "cli/flags.h"
#include "client/api_client.h"
#include "client/kubeconfig.h"
#include "io/loop.h"
#include "io/network.h"

namespace meshka::bin {

cli::Flag textFlag(std::string name, std::string value, std::string help,
                   std::string fallback = {});
// DIR/tls.crt, DIR/tls.key and DIR/ca.crt; a file that is not there is empty.
struct TlsFiles {
  std::string certificate_pem;
  std::string key_pem;
  std::string ca_pem;
};
io::Task<Result<TlsFiles>> readTlsFiles(io::World& world, std::string directory);
// "" when the path is empty or there is no such file.
io::Task<Result<std::string>> readOptionalFile(io::World& world, std::string path);

// The API server that `kubeconfig` names, or that of the pod's service account.
io::Task<Result<std::unique_ptr<client::ApiClient>>> clusterOf(io::World& world,
                                                               std::string kubeconfig);
Result<io::Endpoint> endpointFlag(const cli::Parsed& flags, const char* name);
// "HOST:PORT" where HOST may be a name.
struct HostPort {
  std::string host;
  uint16_t port = 0;
};
Result<HostPort> parseHostPort(std::string_view text);

}  // namespace meshka::bin
