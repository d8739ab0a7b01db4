// One served cluster, put together: store in a data directory, registry, identity, authentication,
// RBAC, API server, HTTPS listener. Programs start it and hand out its kubeconfig.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/registry.h"
#include "apiserver/auth/tokens.h"
#include "apiserver/cluster_identity.h"
#include "apiserver/config.h"
#include "apiserver/node_connector.h"
#include "apiserver/server.h"
#include "io/loop.h"
#include "net/pki.h"

namespace meshka::net {
class HttpServer;
}

namespace meshka::apiserver {

struct ClusterOptions {
  std::string data_dir;                   // created; keys in it are readable by the owner only
  io::Endpoint listen;                    // port 0: the system chooses
  io::Network* listen_network = nullptr;  // where `listen` is opened; null: the world's
  std::vector<io::Endpoint> also_listen;  // in the world's network, with the same certificate
  api::Emulation emulation;
  Config config;
  net::SubjectAltNames
      sans;  // of the serving certificate, besides the listener's address and the usual names
  NodeConnector* nodes = nullptr;
  RemoteAdmission* remote = nullptr;
};

class Cluster {
 public:
  // Ends when requests are served. Errors: kInvalid, kAlreadyExists (address in use), those of the
  // disk.
  static io::Task<Result<std::unique_ptr<Cluster>>> start(io::World world, ClusterOptions options);
  virtual ~Cluster() = default;

  virtual ApiServer& api() = 0;
  virtual store::Store& store() = 0;
  virtual const ClusterIdentity& identity() const = 0;
  virtual Tokens& tokens() = 0;
  virtual io::Endpoint address() const = 0;
  // An administrator's kubeconfig (YAML) for the listener's address.
  virtual Result<std::string> adminKubeconfig(const std::string& context) = 0;
  // A new serving certificate with these names too, live.
  virtual Result<void> addNames(const net::SubjectAltNames& names) = 0;
};

}  // namespace meshka::apiserver
