#include "apiserver/cluster.h"

#include <algorithm>

#include "apiserver/admission/service_addresses.h"
#include "apiserver/admission/webhook_transport.h"
#include "apiserver/auth/authenticator.h"
#include "apiserver/auth/rbac.h"
#include "apiserver/auth/standard_reviews.h"
#include "apiserver/objects.h"
#include "base/strings.h"
#include "doc/yaml.h"
#include "net/server.h"
#include "net/tls.h"
#include "store/local_store.h"

namespace meshka::apiserver {

namespace {

void merge(std::vector<std::string>& into, const std::vector<std::string>& from) {
  for (const std::string& s : from) {
    if (std::find(into.begin(), into.end(), s) == into.end()) into.push_back(s);
  }
}

class RunningCluster final : public Cluster {
 public:
  RunningCluster(io::World world, ClusterOptions options)
      : world_(world), options_(std::move(options)), registry_(options_.emulation) {}

  io::Task<Result<void>> run() {
    MESHKA_CO_TRY(ClusterIdentity identity,
                  co_await ClusterIdentity::open(world_, options_.data_dir + "/pki"));
    identity_.emplace(std::move(identity));
    MESHKA_CO_TRY(store_, co_await store::LocalStore::open(world_, options_.data_dir + "/store",
                                                           stampRevision));
    MESHKA_CO_TRY(const std::string first,
                  ServiceAddresses::firstAddress(options_.config.service_cidr));
    names_ = servingNames(options_.config.cluster_domain);
    merge(names_.ips, {first});
    if (options_.listen.host != "0.0.0.0") merge(names_.ips, {options_.listen.host});
    for (const io::Endpoint& at : options_.also_listen) merge(names_.ips, {at.host});
    merge(names_.dns, options_.sans.dns);
    merge(names_.ips, options_.sans.ips);
    options_.config.ca_pem = identity_->caPem();
    auto ready = makeAuth();
    if (!ready) co_return fail(ready.error());
    transport_ = std::make_unique<NetWebhookTransport>(world_.loop, world_.network);
    Parts parts;
    parts.authenticator = authenticator_.get();
    parts.authorizer = rbac_.get();
    parts.escalation = rbac_.get();
    parts.reviewer = reviews_.get();
    parts.nodes = options_.nodes;
    parts.remote = options_.remote;
    parts.webhooks = transport_.get();
    parts.tokens = tokens_.get();
    api_ = std::make_unique<ApiServer>(world_, *store_, registry_, options_.config, parts);
    MESHKA_CO_TRY(net::TlsServerOptions tls_options, tlsOptions());
    MESHKA_CO_TRY(tls_, net::TlsServerConfig::create(world_.loop, std::move(tls_options)));
    net::ServerOptions server_options;
    server_options.tls = tls_;
    server_options.log = &world_.log;
    http_ = std::make_unique<net::HttpServer>(world_.loop, *api_, std::move(server_options));
    io::Network& network =
        options_.listen_network != nullptr ? *options_.listen_network : world_.network;
    MESHKA_CO_TRY(address_, http_->listen(network, options_.listen));
    for (const io::Endpoint& at : options_.also_listen) {
      auto also = http_->listen(world_.network, at);
      if (!also) co_return fail(also.error());
    }
    auto started = co_await api_->start();
    if (!started) co_return fail(started.error());
    co_return Result<void>();
  }

  ApiServer& api() override { return *api_; }
  store::Store& store() override { return *store_; }
  const ClusterIdentity& identity() const override { return *identity_; }
  Tokens& tokens() override { return *tokens_; }
  io::Endpoint address() const override { return address_; }

  Result<std::string> adminKubeconfig(const std::string& context) override {
    MESHKA_TRY(const doc::Doc config,
               identity_->adminKubeconfig(cat("https://", address_.toString()), context, context,
                                          context, world_.clock().wall(), world_.rng));
    return doc::toYaml(config);
  }

  Result<void> addNames(const net::SubjectAltNames& names) override {
    merge(names_.dns, names.dns);
    merge(names_.ips, names.ips);
    MESHKA_TRY(net::TlsServerOptions options, tlsOptions());
    return tls_->reload(std::move(options));
  }

 private:
  Result<void> makeAuth() {
    objects_ = std::make_unique<Objects>(*store_, registry_, options_.config.cluster);
    rbac_ = std::make_unique<RbacAuthorizer>(*store_, options_.config.cluster);
    MESHKA_CHECK(rbac_->start());
    auto find = [this](std::string_view plural, std::string_view ns, std::string_view name) {
      return objects_->find("", plural, ns, name);
    };
    const std::string issuer =
        cat("https://kubernetes.default.svc.", options_.config.cluster_domain);
    tokens_ = std::make_unique<Tokens>(world_.clock(), world_.rng, identity_->tokenKey(), issuer,
                                       std::vector<std::string>{issuer}, find);
    authenticator_ = std::make_unique<StandardAuthenticator>(*tokens_);
    reviews_ = std::make_unique<StandardReviews>(*rbac_, *tokens_, find);
    return {};
  }

  Result<net::TlsServerOptions> tlsOptions() const {
    MESHKA_TRY(const net::KeyPair pair,
               identity_->issueServing(names_, world_.clock().wall(), world_.rng));
    net::TlsServerOptions out;
    out.certificate_pem = pair.certificate_pem;
    out.key_pem = pair.key_pem;
    out.client_ca_pem = identity_->caPem();
    return out;
  }

  io::World world_;
  ClusterOptions options_;
  api::Registry registry_;
  net::SubjectAltNames names_;
  io::Endpoint address_;
  std::optional<ClusterIdentity> identity_;
  std::unique_ptr<store::LocalStore> store_;
  std::unique_ptr<Objects> objects_;
  std::unique_ptr<RbacAuthorizer> rbac_;
  std::unique_ptr<Tokens> tokens_;
  std::unique_ptr<StandardAuthenticator> authenticator_;
  std::unique_ptr<StandardReviews> reviews_;
  std::unique_ptr<NetWebhookTransport> transport_;
  std::unique_ptr<ApiServer> api_;
  std::shared_ptr<net::TlsServerConfig> tls_;
  std::unique_ptr<net::HttpServer> http_;  // last: cuts its connections first
};

}  // namespace

io::Task<Result<std::unique_ptr<Cluster>>> Cluster::start(io::World world, ClusterOptions options) {
  auto cluster = std::make_unique<RunningCluster>(world, std::move(options));
  auto done = co_await cluster->run();
  if (!done) co_return fail(done.error());
  co_return std::unique_ptr<Cluster>(std::move(cluster));
}

}  // namespace meshka::apiserver
