#include "mesh/istiod/discovery.h"

#include "base/strings.h"
#include "mesh/istiod/gateway_secret.h"
#include "mesh/istiod/proxy_identity.h"
#include "net/pki.h"
#include "xds/types.h"

namespace meshka::mesh {
namespace {

const ConnectedProxy& own(const xds::AdsProxy& proxy) {
  return static_cast<const ConnectedProxy&>(proxy);
}

std::vector<xds::NamedConfig> configsOf(std::vector<NamedResource> resources) {
  std::vector<xds::NamedConfig> out;
  out.reserve(resources.size());
  for (NamedResource& r : resources) out.push_back({std::move(r.name), std::move(r.config)});
  return out;
}

}  // namespace

Discovery::Discovery(io::World& world, Authenticator& authenticator, const SecretSource& secrets,
                     Callback progress, xds::AdsOptions options)
    : world_(world),
      authenticator_(authenticator),
      secrets_(secrets),
      progress_(std::move(progress)),
      server_(world.loop, world.rng, world.log, *this, std::move(options)) {}

io::Task<Result<std::unique_ptr<xds::AdsProxy>>> Discovery::connect(net::GrpcServerCall& call,
                                                                    doc::Doc node) {
  using net::GrpcStatus;
  if (!model_) {
    co_return fail(
        net::grpcError(GrpcStatus::kUnavailable, "server is not ready to serve discovery"));
  }
  MESHKA_CO_TRY(const WorkloadIdentity caller, co_await authenticator_.authenticate(call));
  auto identity = proxyIdentityOf(node);
  if (!identity) {
    co_return fail(net::grpcError(GrpcStatus::kInvalidArgument, identity.error().message()));
  }
  const bool same_account =
      identity->service_account.empty() || identity->service_account == caller.service_account;
  if (identity->ns != caller.ns || !same_account) {
    co_return fail(net::grpcError(
        GrpcStatus::kPermissionDenied,
        cat("authorization failed: the caller is ", caller.ns, "/", caller.service_account,
            ", the node says ", identity->ns, "/", identity->service_account)));
  }
  identity->service_account = caller.service_account;
  auto proxy = std::make_unique<ConnectedProxy>();
  proxy->identity = std::move(*identity);
  co_return std::unique_ptr<xds::AdsProxy>(std::move(proxy));
}

std::optional<std::vector<xds::NamedConfig>> Discovery::resources(
    const xds::AdsProxy& proxy, std::string_view type_url, const std::vector<std::string>& names) {
  const ConnectedProxy& who = own(proxy);
  const ProxyIdentity& identity = who.identity;
  if (type_url == xds::kCluster) return configsOf(clustersOf(*model_, identity));
  if (type_url == xds::kListener) return configsOf(listenersOf(*model_, identity));
  std::vector<NamedResource> out;
  if (type_url == xds::kEndpoints) {
    for (const std::string& name : names) out.push_back(endpointsOf(*model_, identity, name));
    return configsOf(std::move(out));
  }
  if (type_url == xds::kRoute) {
    for (const std::string& name : names) out.push_back(routesOf(*model_, identity, name));
    return configsOf(std::move(out));
  }
  if (type_url == xds::kSecret) {
    std::vector<xds::NamedConfig> secrets;
    for (const std::string& name : names) {
      if (auto secret = secretOf(identity, name)) secrets.push_back(std::move(*secret));
    }
    return secrets;
  }
  if (type_url == xds::kNameTable) {
    std::vector<xds::NamedConfig> tables;
    if (auto table = nameTableOf(*model_, identity)) tables.push_back({"", std::move(*table)});
    return tables;
  }
  if (type_url == xds::kProxyConfig) return rootsOf(who);
  return std::nullopt;
}

std::optional<xds::NamedConfig> Discovery::secretOf(const ProxyIdentity& proxy,
                                                    const std::string& name) const {
  const auto wanted = parseGatewaySecretName(name);
  if (!wanted) return std::nullopt;
  // A gateway reads what its own account may read: Secrets beside it, nobody else's.
  if (!proxy.router || (!wanted->ns.empty() && wanted->ns != proxy.ns)) {
    world_.log.warn("a proxy may not have this secret", {{"proxy", proxy.pod}, {"secret", name}});
    return std::nullopt;
  }
  const doc::Doc* secret = secrets_.secret(proxy.ns, wanted->secret);
  if (secret == nullptr && wanted->ca) {  // NAME may hold the CA as well
    const std::string base = wanted->secret.substr(0, wanted->secret.rfind('-'));
    secret = secrets_.secret(proxy.ns, base);
  }
  if (secret == nullptr) {
    world_.log.warn("a gateway asks for a secret that does not exist",
                    {{"namespace", proxy.ns}, {"secret", name}});
    return std::nullopt;
  }
  auto config = gatewaySecret(name, *secret, wanted->ca);
  if (!config) {
    world_.log.warn("a gateway's secret has not the keys it must have",
                    {{"namespace", proxy.ns}, {"secret", name}});
    return std::nullopt;
  }
  return xds::NamedConfig{name, std::move(*config)};
}

std::vector<xds::NamedConfig> Discovery::rootsOf(const ConnectedProxy& proxy) const {
  proxy.roots_given = bundle_;
  doc::Draft config = doc::Draft::object();
  doc::Draft roots = doc::Draft::array();
  const auto certificates = net::parseCertificatesPem(bundle_);
  if (certificates) {
    for (const net::Certificate& root : *certificates) roots.push(net::certificatePem(root.der));
  }
  config["ca_certificates_pem"] = std::move(roots);
  std::vector<xds::NamedConfig> out;
  out.push_back({"", config.finish()});
  return out;
}

void Discovery::setModel(std::shared_ptr<const Model> model,
                         std::optional<std::set<std::string>> touched) {
  if (touched && model_ && reachesBeyondEndpoints(*model_, *model)) touched.reset();
  model_ = std::move(model);
  if (!touched) {
    server_.push({});
    return;
  }
  server_.push({std::string(xds::kEndpoints), std::string(xds::kNameTable)});
  if (touched->empty()) return;
  server_.push({}, [&touched](const xds::AdsProxy& proxy) {
    return touched->contains(own(proxy).identity.ip);
  });
}

void Discovery::onSecretChange() {
  server_.push({std::string(xds::kSecret)},
               [](const xds::AdsProxy& proxy) { return own(proxy).identity.router; });
}

void Discovery::onAnswer(const xds::AdsProxy& proxy, std::string_view type_url, bool accepted) {
  (void)proxy;
  if (type_url == xds::kProxyConfig && accepted) progress_();
}

void Discovery::onRoots(const std::string& bundle) {
  bundle_ = bundle;
  server_.push({std::string(xds::kProxyConfig)});
}

bool Discovery::rootsSettled() const {
  for (const xds::StreamView& stream : server_.streams()) {
    const xds::Subscription* roots = stream.state.find(xds::kProxyConfig);
    if (roots == nullptr) continue;  // reads the roots from its ConfigMap
    if (own(stream.proxy).roots_given != bundle_ || roots->nonce_acked != roots->nonce_sent) {
      return false;
    }
  }
  return true;
}

}  // namespace meshka::mesh
