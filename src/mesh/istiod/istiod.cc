#include "mesh/istiod/istiod.h"

#include <optional>
#include <set>

#include "base/strings.h"
#include "doc/yaml.h"
#include "mesh/ca/ca_keeper.h"
#include "mesh/ca/csr_service.h"
#include "mesh/ca/root_config_maps.h"
#include "mesh/istiod/collections.h"
#include "mesh/istiod/debug.h"
#include "mesh/istiod/discovery.h"
#include "mesh/istiod/limits.h"
#include "mesh/istiod/metrics.h"
#include "mesh/istiod/rounds.h"
#include "mesh/istiod/servers.h"
#include "mesh/istiod/webhook_configs.h"
#include "mesh/istiod/webhooks.h"

namespace meshka::mesh {
namespace {

// Two services on one port, told apart by their names.
class Services final : public net::GrpcService {
 public:
  Services(net::GrpcService& ads, net::GrpcService& csr) : ads_(ads), csr_(csr) {}
  io::Task<Result<void>> serve(net::GrpcServerCall& call) override {
    return call.method().starts_with("/istio.v1.auth.") ? csr_.serve(call) : ads_.serve(call);
  }

 private:
  net::GrpcService& ads_;
  net::GrpcService& csr_;
};

}  // namespace

struct Istiod::Parts final : CollectionsListener, SecretSource, StatusSource, ConfigSource {
  Parts(io::World w, client::ApiClient& client, IstiodOptions o)
      : world(w),
        api(client),
        options(std::move(o)),
        authenticator(world.loop, world.log, api),
        ca(world, api, options.root_namespace),
        collections(world, api, options.root_namespace, *this),
        discovery(world, authenticator, *this, [this] { ca.poke(); },
                  {.control_plane = cat(options.pod_name, ".", options.root_namespace),
                   .max_age = options.max_connection_age}),
        csr(world.loop, world.rng, world.log, authenticator, ca),
        services(discovery.server(), csr),
        rounds(world.loop, [this](Rounds::Change change) { onRound(std::move(change)); }),
        root_config_maps(world, api, collections.namespaces(), [this] { ca.poke(); }),
        webhook_configs(world, api, options.root_namespace, options.revision,
                        [this] { ca.poke(); }),
        webhooks(world, *this),
        status(*this),
        servers(world, options, ca, services, status, webhooks),
        synced(world.loop) {
    for (RootsListener* listener : std::initializer_list<RootsListener*>{
             &servers, &discovery, &root_config_maps, &webhook_configs}) {
      ca.addListener(*listener);
    }
  }

  // CollectionsListener
  void onConfigChange() override { rounds.full(); }
  void onEndpointChange(const std::set<std::string>& of) override { rounds.endpoints(of); }
  void onSecretChange() override {
    if (model) discovery.onSecretChange();
  }
  void onConfigMap(const std::string& name) override {
    if (!configured || name != options.withRevision("istio")) return;  // start() reads it first
    readMeshConfig();
    rounds.full();
  }
  void onProgress() override {
    if (!collections.hasSynced() || synced.isSet()) return;
    synced.set();
    rounds.full();
  }

  // SecretSource, ConfigSource
  const doc::Doc* secret(std::string_view ns, std::string_view name) const override {
    return collections.secret(ns, name);
  }
  const doc::Doc* injectionConfig() const override {
    return collections.configMap(options.withRevision("istio-sidecar-injector"));
  }
  const doc::Doc& meshDocument() const override { return mesh_document; }
  const IstiodOptions& istiodOptions() const override { return options; }

  // StatusSource
  std::string notReady() const override {
    if (ca.signer() == nullptr) return "the certificate authority is not ready";
    if (!collections.hasSynced()) return "the cluster's objects have not been listed yet";
    if (!model) return "no configuration has been made yet";
    if (!webhook_configs.rootsSettled() && !ca.spreading())
      return "the webhook configurations have not the CA bundle yet";
    return {};
  }
  std::string metrics() const override {
    return metricsText({.server = discovery.server(),
                        .csr = csr,
                        .webhooks = webhooks.counters(),
                        .rounds = rounds.count(),
                        .version = kEmulatedVersion});
  }
  HttpAnswer debug(std::string_view page, std::string_view query) const override {
    return debugPage({discovery.server(), collections.objects(), mesh_document}, page, query);
  }

  void readMeshConfig();
  void onRound(Rounds::Change change);
  io::Task<Result<void>> start();

  io::World world;
  client::ApiClient& api;
  const IstiodOptions options;
  TokenAuthenticator authenticator;
  CaKeeper ca;
  Collections collections;
  Discovery discovery;
  CsrService csr;
  Services services;
  Rounds rounds;
  RootConfigMaps root_config_maps;
  WebhookConfigs webhook_configs;
  Webhooks webhooks;
  StatusHandler status;
  Servers servers;
  io::Event synced;
  bool configured = false;  // the mesh config has been read
  MeshConfig mesh_config;
  doc::Doc mesh_document;
  std::shared_ptr<const Model> model;
  std::set<std::string> warned;
  Addresses addresses;
};

void Istiod::Parts::readMeshConfig() {
  const std::string name = options.withRevision("istio");
  const doc::Doc* map = collections.configMap(name);
  if (map == nullptr) {
    world.log.warn("the mesh's ConfigMap is missing; defaults are used", {{"name", name}});
  }
  const std::string text(map == nullptr ? "" : (*map)["data"]["mesh"].text());
  auto parsed = parseMeshConfig(text);
  auto document = doc::parseYamlDocument(text);
  if (!parsed || !document) {
    world.log.error(
        "mesh config cannot be used; the last one stays",
        {{"name", name}, {"error", (parsed ? document.error() : parsed.error()).message()}});
    return;
  }
  mesh_config = std::move(*parsed);
  mesh_config.cluster_id = options.cluster_id;
  mesh_config.cluster_domain = options.cluster_domain;
  mesh_config.skip_validate_trust_domain = options.skip_validate_trust_domain;
  mesh_document = std::move(*document);
  ca.setTrustDomain(mesh_config.trust_domain);
  std::vector<std::string> domains = mesh_config.trust_domain_aliases;
  domains.push_back(mesh_config.trust_domain);
  authenticator.setTrustDomains(std::move(domains));
}

void Istiod::Parts::onRound(Rounds::Change change) {
  if (!configured) return;  // start() begins one
  const Instant began = world.clock().now();
  model = makeModel(collections.objects(), mesh_config);
  for (const std::string& warning : warningsOf(*model)) {
    if (warned.insert(warning).second) world.log.warn(warning);
  }
  world.log.info(cat("Push debounce stable[", rounds.count(), "] ", change.events, ": full=",
                     change.full ? "true" : "false", ", ", discovery.server().streams().size(),
                     " proxies, waited ", (began - change.first).ms(), "ms"));
  discovery.setModel(model, change.full ? std::optional<std::set<std::string>>()
                                        : std::optional(std::move(change.addresses)));
}

io::Task<Result<void>> Istiod::Parts::start() {
  const Instant deadline = world.clock().now() + kStartTimeout;
  if (!co_await synced.wait(deadline)) {
    co_return fail(Code::kTimeout, "the cluster's objects cannot be listed");
  }
  readMeshConfig();
  configured = true;
  MESHKA_CO_CHECK(co_await ca.start(deadline));
  MESHKA_CO_TRY(addresses, servers.listen());
  webhook_configs.startServing();
  rounds.full();
  co_return Result<void>();
}

Istiod::Istiod(io::World world, client::ApiClient& api, IstiodOptions options)
    : parts_(std::make_unique<Parts>(world, api, std::move(options))) {}
Istiod::~Istiod() = default;

io::Task<Result<void>> Istiod::start() {
  return parts_->start();
}
io::Task<void> Istiod::stop() {
  return parts_->servers.stop(parts_->world.clock().now() + kStopTimeout);
}
const Istiod::Addresses& Istiod::addresses() const {
  return parts_->addresses;
}
std::string Istiod::notReady() const {
  return parts_->notReady();
}

}  // namespace meshka::mesh
