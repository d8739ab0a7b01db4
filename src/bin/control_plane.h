// One API server with everything around it: identity, store, authentication, authorization, TLS listener. The host, a
// virtual cluster and `meshka apiserver` differ only in the options and in what they start beside it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "api/registry.h"
#include "apiserver/admission/webhook_transport.h"
#include "apiserver/auth/authenticator.h"
#include "apiserver/auth/rbac.h"
#include "apiserver/auth/standard_reviews.h"
#include "apiserver/auth/tokens.h"
#include "apiserver/cluster_identity.h"
#include "apiserver/server.h"
#include "net/server.h"
#include "store/local_store.h"

namespace meshka::bin {

struct ControlPlaneOptions {
  std::string data_directory;
  std::string kubernetes_version;   // "1.22", "1.22.5", "1.37"
  apiserver::Config config;
  net::SubjectAltNames extra_names;  // of the serving certificate
  apiserver::NodeConnector* nodes = nullptr;
  apiserver::RemoteAdmission* remote = nullptr;
};

class ControlPlane {
 public:
  // Opens or begins the data directory. `world` outlives the control plane. Errors: of the version, the disk, the store.
  static io::Task<Result<std::unique_ptr<ControlPlane>>> open(io::World world, ControlPlaneOptions options);

  // Bootstraps the cluster's own objects; after it the in-process client answers.
  io::Task<Result<void>> start();
  // Errors: kAlreadyExists (the address is taken), kForbidden.
  Result<io::Endpoint> listen(io::Network& network, const io::Endpoint& at);
  // New connections get a certificate for these names beside the standard ones.
  Result<void> setExtraNames(net::SubjectAltNames names);

  // As an administrator (system:masters), in process.
  std::unique_ptr<client::ApiClient> adminClient();
  // As a component with rights of its own, "system:kube-scheduler".
  std::unique_ptr<client::ApiClient> clientAs(const std::string& user);
  apiserver::ApiServer& server() { return *server_; }
  const apiserver::ClusterIdentity& identity() const { return identity_; }
  apiserver::Tokens& tokens() { return *tokens_; }

 private:
  ControlPlane(io::World world, ControlPlaneOptions options, apiserver::ClusterIdentity identity,
               std::unique_ptr<store::LocalStore> store, api::Registry registry);
  Result<net::TlsServerOptions> tlsOptions() const;
  doc::Doc find(std::string_view plural, std::string_view ns, std::string_view name) const;

  io::World world_;
  ControlPlaneOptions options_;
  apiserver::ClusterIdentity identity_;
  std::unique_ptr<store::LocalStore> store_;
  api::Registry registry_;
  std::unique_ptr<apiserver::RbacAuthorizer> rbac_;
  std::unique_ptr<apiserver::Tokens> tokens_;
  std::unique_ptr<apiserver::StandardAuthenticator> authenticator_;
  std::unique_ptr<apiserver::StandardReviews> reviews_;
  std::unique_ptr<apiserver::NetWebhookTransport> webhooks_;
  std::unique_ptr<apiserver::ApiServer> server_;
  std::shared_ptr<net::TlsServerConfig> tls_;
  std::unique_ptr<net::HttpServer> http_;
};

}  // namespace meshka::bin
