#include "bin/control_plane.h"

#include "apiserver/objects.h"
#include "base/strings.h"

namespace meshka::bin {

using io::Task;

Task<Result<std::unique_ptr<ControlPlane>>> ControlPlane::open(io::World world, ControlPlaneOptions options) {
  MESHKA_CO_TRY(const api::Emulation emulation, api::parseEmulation(options.kubernetes_version));
  MESHKA_CO_TRY(apiserver::ClusterIdentity identity,
                co_await apiserver::ClusterIdentity::open(world, options.data_directory + "/pki"));
  MESHKA_CO_TRY(auto opened, co_await store::LocalStore::open(world, options.data_directory + "/store",
                                                              apiserver::stampRevision));
  options.config.ca_pem = identity.caPem();
  std::unique_ptr<ControlPlane> out(new ControlPlane(world, std::move(options), std::move(identity), std::move(opened),
                                                     api::Registry(emulation)));
  MESHKA_CO_CHECK(out->rbac_->start());
  co_return out;
}

ControlPlane::ControlPlane(io::World world, ControlPlaneOptions options, apiserver::ClusterIdentity identity,
                           std::unique_ptr<store::LocalStore> opened, api::Registry registry)
    : world_(world),
      options_(std::move(options)),
      identity_(std::move(identity)),
      store_(std::move(opened)),
      registry_(std::move(registry)) {
  const auto finder = [this](std::string_view plural, std::string_view ns, std::string_view name) {
    return find(plural, ns, name);
  };
  const std::string issuer = cat("https://kubernetes.default.svc.", options_.config.cluster_domain);
  rbac_ = std::make_unique<apiserver::RbacAuthorizer>(*store_, options_.config.cluster);
  tokens_ = std::make_unique<apiserver::Tokens>(world_.clock(), world_.rng, identity_.tokenKey(), issuer,
                                                std::vector<std::string>{issuer, "https://kubernetes.default.svc", "https://kubernetes.default"}, finder);
  authenticator_ = std::make_unique<apiserver::StandardAuthenticator>(*tokens_);
  reviews_ = std::make_unique<apiserver::StandardReviews>(*rbac_, *tokens_, finder);
  webhooks_ = std::make_unique<apiserver::NetWebhookTransport>(world_.loop, world_.network);
  apiserver::Parts parts;
  parts.authenticator = authenticator_.get();
  parts.authorizer = rbac_.get();
  parts.reviews = reviews_.get();
  parts.escalation = rbac_.get();
  parts.nodes = options_.nodes;
  parts.webhooks = webhooks_.get();
  parts.remote = options_.remote;
  server_ = std::make_unique<apiserver::ApiServer>(world_, *store_, registry_, options_.config, parts);
}

doc::Doc ControlPlane::find(std::string_view plural, std::string_view ns, std::string_view name) const {
  const auto item = store_->get({options_.config.cluster, cat("/", plural), std::string(ns), std::string(name)});
  return item ? item->value : doc::Doc();
}

Task<Result<void>> ControlPlane::start() { co_return co_await server_->start(); }

Result<net::TlsServerOptions> ControlPlane::tlsOptions() const {
  net::SubjectAltNames names = apiserver::servingNames(options_.config.cluster_domain);
  names.dns.insert(names.dns.end(), options_.extra_names.dns.begin(), options_.extra_names.dns.end());
  names.ips.insert(names.ips.end(), options_.extra_names.ips.begin(), options_.extra_names.ips.end());
  MESHKA_TRY(const net::KeyPair pair, identity_.issueServing(names, world_.clock().wall(), world_.rng));
  net::TlsServerOptions out;
  out.certificate_pem = pair.certificate_pem;
  out.key_pem = pair.key_pem;
  out.client_ca_pem = identity_.caPem();
  return out;
}

Result<io::Endpoint> ControlPlane::listen(io::Network& network, const io::Endpoint& at) {
  if (http_ == nullptr) {
    MESHKA_TRY(net::TlsServerOptions options, tlsOptions());
    MESHKA_TRY(tls_, net::TlsServerConfig::create(world_.loop, std::move(options)));
    net::ServerOptions server;
    server.tls = tls_;
    server.log = &world_.log;
    http_ = std::make_unique<net::HttpServer>(world_.loop, *server_, std::move(server));
  }
  return http_->listen(network, at);
}

Result<void> ControlPlane::setExtraNames(net::SubjectAltNames names) {
  if (names == options_.extra_names) return {};
  options_.extra_names = std::move(names);
  if (tls_ == nullptr) return {};
  MESHKA_TRY(net::TlsServerOptions options, tlsOptions());
  return tls_->reload(std::move(options));
}

std::unique_ptr<client::ApiClient> ControlPlane::adminClient() {
  return server_->localClient({"kubernetes-admin",
                               "",
                               {std::string(apiserver::kGroupMasters), std::string(apiserver::kGroupAuthenticated)},
                               {}});
}

std::unique_ptr<client::ApiClient> ControlPlane::clientAs(const std::string& user) {
  return server_->localClient({user, "", {std::string(apiserver::kGroupAuthenticated)}, {}});
}

}  // namespace meshka::bin
