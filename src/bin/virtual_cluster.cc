#include "bin/virtual_cluster.h"

#include "apiserver/bootstrap.h"
#include "base/strings.h"
#include "client/http_api_client.h"
#include "doc/yaml.h"
#include "io/async.h"
#include "io/disk.h"
#include "vcluster/chart/chart.h"
#include "vcluster/lifecycle/resources.h"
#include "vcluster/sync/pods.h"

namespace meshka::bin {

using doc::Draft;
using doc::Value;
using io::Task;

namespace {
constexpr Duration kStartTimeout = seconds(60);  // one call while starting
constexpr const char* kIdentityFiles[] = {"ca.crt", "ca.key", "sa.key"};
constexpr uint64_t kMaxIdentityBytes = 64 * 1024;
std::string certsName(const vcluster::Tenant& tenant) {
  return cat(tenant.name, "-certs");
}
std::string pkiDirectory(const VirtualClusterOptions& options) {
  return cat(options.data_directory, "/pki");
}
constexpr Duration kSyncPoll = millis(2);  // while the first lists come in
}  // namespace

// Addresses of the control plane's Service come and go; the certificate follows.
struct VirtualCluster::ServiceHandler final : client::CollectionHandler {
  explicit ServiceHandler(VirtualCluster& c) : cluster(c) {}
  void onChange(const client::ObjectKey&, const doc::Doc&, const doc::Doc& after) override {
    if (!after.exists()) return;
    if (auto set = cluster.cluster_->addNames(cluster.namesFor(after)); !set) {
      cluster.world_.log.error("serving certificate not renewed",
                               {{"error", set.error().message()}});
    }
  }
  VirtualCluster& cluster;
};

VirtualCluster::VirtualCluster(io::World world, VirtualClusterOptions options,
                               client::Credentials host)
    : world_(world),
      options_(std::move(options)),
      credentials_(std::move(host)),
      zone_(options_.syncer.cluster_domain) {}

VirtualCluster::~VirtualCluster() = default;

net::SubjectAltNames VirtualCluster::namesFor(Value service) const {
  const vcluster::Tenant& tenant = options_.tenant;
  net::SubjectAltNames names;
  names.dns = {tenant.name, cat(tenant.name, ".", tenant.host_namespace),
               cat(tenant.name, ".", tenant.host_namespace, ".svc")};
  const auto add = [&](std::string_view name) {
    if (name.empty() || name == "None") return;
    const bool address =
        name.find(':') != name.npos || name.find_first_not_of("0123456789.") == name.npos;
    (address ? names.ips : names.dns).emplace_back(name);
  };
  add(service["spec"]["clusterIP"].text());
  add(options_.own_ip == "127.0.0.1" ? "" : options_.own_ip);
  for (const Value ingress : service["status"]["loadBalancer"]["ingress"].elements()) {
    add(ingress["ip"].text());
    add(ingress["hostname"].text());
  }
  for (const std::string& san : options_.syncer.tls_sans) add(san);
  return names;
}

Task<Result<void>> VirtualCluster::connectHost() {
  MESHKA_CO_TRY(host_, client::newHttpApiClient(world_, credentials_));
  MESHKA_CO_TRY(host_connection_, client::newServerConnection(world_, credentials_));
  host_tokens_ = std::make_unique<client::TokenSource>(world_, credentials_);
  MESHKA_CO_TRY(service_,
                co_await host_->get(vcluster::services(), options_.tenant.host_namespace,
                                    options_.tenant.name, world_.clock().now() + kStartTimeout));
  const vcluster::Owner owner{options_.tenant.name,
                              std::string(service_["metadata"]["uid"].text())};
  gate_ = std::make_unique<vcluster::ServiceGate>(world_, *host_, options_.tenant, owner);
  admission_ = std::make_unique<HostServiceAdmission>(*gate_);
  streams_ = std::make_unique<vcluster::HostStreams>(world_, *host_connection_, options_.tenant,
                                                     *host_tokens_);
  connector_ = std::make_unique<HostNodeConnector>(*streams_);
  co_return Result<void>();
}

Task<Result<bool>> VirtualCluster::restoreIdentity() {
  auto secret =
      co_await host_->get(vcluster::secrets(), options_.tenant.host_namespace,
                          certsName(options_.tenant), world_.clock().now() + kStartTimeout);
  if (!secret && secret.error().code() == Code::kNotFound) co_return false;
  if (!secret) co_return fail(secret.error());
  MESHKA_CO_CHECK(co_await world_.disk.makeDirectories(pkiDirectory(options_), 0700));
  for (const char* file : kIdentityFiles) {
    const auto content = base64Decode((*secret)["data"][file].text());
    if (!content || content->empty()) {
      co_return fail(Code::kInvalid, cat("secret \"", certsName(options_.tenant), "\": data[", file,
                                         "] is missing or no base64"));
    }
    MESHKA_CO_CHECK(co_await world_.disk.writeFileAtomic(cat(pkiDirectory(options_), "/", file),
                                                         *content, 0600));
  }
  co_return true;
}

Task<Result<void>> VirtualCluster::keepIdentity() {
  Draft secret = Draft::object({{"apiVersion", "v1"}, {"kind", "Secret"}, {"type", "Opaque"}});
  secret["metadata"] = ownedMetadata(certsName(options_.tenant));
  for (const char* file : kIdentityFiles) {
    MESHKA_CO_TRY(
        const std::string content,
        co_await world_.disk.readFile(cat(pkiDirectory(options_), "/", file), kMaxIdentityBytes));
    secret["data"][file] = base64Encode(content);
  }
  co_return co_await writeHost(vcluster::secrets(), secret.finish());
}

Draft VirtualCluster::ownedMetadata(const std::string& name) const {
  Draft metadata = Draft::object({{"name", name}, {"namespace", options_.tenant.host_namespace}});
  metadata["ownerReferences"] =
      Draft::array({Draft::object({{"apiVersion", "v1"},
                                   {"kind", "Service"},
                                   {"name", options_.tenant.name},
                                   {"uid", service_["metadata"]["uid"]}})});
  return metadata;
}

Task<Result<void>> VirtualCluster::serveApi() {
  MESHKA_CO_TRY(const bool restored, co_await restoreIdentity());
  apiserver::ClusterOptions options;
  options.data_dir = options_.data_directory;
  options.listen = options_.listen;
  MESHKA_CO_TRY(options.emulation, api::parseEmulation(options_.kubernetes_version));
  options.config.cluster = options_.tenant.name;
  options.config.cluster_domain = options_.syncer.cluster_domain;
  options.config.allocate_service_addresses = false;
  options.config.kubernetes_service_ip = service_["spec"]["clusterIP"].text();
  options.config.advertise = {options_.own_ip, options_.listen.port, false};
  options.config.pod_security_default = options_.pod_security_standard;
  options.sans = namesFor(service_);
  options.nodes = connector_.get();
  options.remote = admission_.get();
  MESHKA_CO_TRY(cluster_, co_await apiserver::Cluster::start(world_, std::move(options)));
  admin_ = cluster_->api().localClient(apiserver::bootstrapUser());
  if (restored) co_return Result<void>();
  co_return co_await keepIdentity();
}

Task<Result<void>> VirtualCluster::publishDns() {
  const auto port = [](const char* name, const char* protocol) {
    return Draft::object({{"name", name},
                          {"port", 53},
                          {"targetPort", int64_t{vcluster::kDnsPort}},
                          {"protocol", protocol}});
  };
  Draft service = Draft::object({{"apiVersion", "v1"}, {"kind", "Service"}});
  service["metadata"] =
      Draft::object({{"name", vcluster::kDnsService},
                     {"namespace", vcluster::kDnsNamespace},
                     {"labels", Draft::object({{"k8s-app", "kube-dns"},
                                               {"kubernetes.io/cluster-service", "true"},
                                               {"kubernetes.io/name", "CoreDNS"}})}});
  service["spec"] =
      Draft::object({{"ports", Draft::array({port("dns", "UDP"), port("dns-tcp", "TCP")})}});
  const Instant deadline = world_.clock().now() + kStartTimeout;
  auto made = co_await admin_->create(vcluster::services(), vcluster::kDnsNamespace,
                                      service.finish(), deadline);
  if (!made && made.error().code() != Code::kAlreadyExists)
    co_return fail(made.error().with("service kube-dns"));

  const int64_t dns_port = dns_->local().port;
  Draft endpoints = Draft::object({{"apiVersion", "v1"}, {"kind", "Endpoints"}});
  endpoints["metadata"] =
      Draft::object({{"name", vcluster::kDnsService}, {"namespace", vcluster::kDnsNamespace}});
  endpoints["subsets"] = Draft::array({Draft::object(
      {{"addresses", Draft::array({Draft::object({{"ip", options_.own_ip}})})},
       {"ports",
        Draft::array(
            {Draft::object({{"name", "dns"}, {"port", dns_port}, {"protocol", "UDP"}}),
             Draft::object({{"name", "dns-tcp"}, {"port", dns_port}, {"protocol", "TCP"}})})}})});
  const doc::Doc object = endpoints.finish();
  made = co_await admin_->create(vcluster::endpoints(), vcluster::kDnsNamespace, object, deadline);
  if (!made && made.error().code() ==
                   Code::kAlreadyExists) {  // of an earlier life: the pod's address may be new
    made =
        co_await admin_->patch(vcluster::endpoints(), vcluster::kDnsNamespace,
                               vcluster::kDnsService, client::PatchType::kMerge, object, deadline);
  }
  if (!made) co_return fail(made.error().with("endpoints kube-dns"));
  co_return Result<void>();
}

Task<Result<void>> VirtualCluster::startDns() {
  services_ =
      client::makeCollection(world_.loop, world_.rng, world_.log, *admin_, vcluster::services());
  slices_ = client::makeCollection(world_.loop, world_.rng, world_.log, *admin_,
                                   {"discovery.k8s.io", "v1", "endpointslices"});
  feed_ = std::make_unique<control::ZoneFeed>(*services_, *slices_, zone_);
  dns_ = std::make_unique<dns::Server>(
      world_, zone_, dns::ServerConfig{{options_.dns_listen}, options_.dns_upstreams});
  MESHKA_CO_CHECK(dns_->start());
  co_return co_await publishDns();
}

Task<Result<void>> VirtualCluster::writeHost(client::Resource resource, doc::Doc object) {
  const Instant deadline = world_.clock().now() + kStartTimeout;
  const std::string& ns = options_.tenant.host_namespace;
  auto made = co_await host_->create(resource, ns, object, deadline);
  if (!made && made.error().code() == Code::kAlreadyExists) {
    made = co_await host_->patch(resource, ns, std::string(object["metadata"]["name"].text()),
                                 client::PatchType::kMerge, object, deadline);
  }
  if (!made) co_return fail(made.error());
  co_return Result<void>();
}

Task<Result<void>> VirtualCluster::publishKubeconfig() {
  const WallTime now = world_.clock().wall();
  MESHKA_CO_TRY(const doc::Doc config,
                cluster_->identity().adminKubeconfig("https://localhost:8443", "local", "user",
                                                     "Default", now, world_.rng));
  const Value user = config["users"][size_t{0}]["user"];
  Draft secret = Draft::object({{"apiVersion", "v1"}, {"kind", "Secret"}, {"type", "Opaque"}});
  secret["metadata"] = ownedMetadata(cat("vc-", options_.tenant.name));
  secret["data"] =
      Draft::object({{"config", base64Encode(doc::toYaml(config))},
                     {"certificate-authority", base64Encode(cluster_->identity().caPem())},
                     {"client-certificate", user["client-certificate-data"]},
                     {"client-key", user["client-key-data"]}});
  co_return co_await writeHost(vcluster::secrets(), secret.finish());
}

Task<Result<void>> VirtualCluster::start() {
  if (auto done = co_await connectHost(); !done) co_return fail(done.error().with("host cluster"));
  MESHKA_CO_CHECK(co_await serveApi());
  MESHKA_CO_CHECK(co_await startDns());
  control::Options controllers;
  controllers.ca_pem = cluster_->identity().caPem();  // no scheduler: the host runs the pods
  controllers_ = std::make_unique<control::Controllers>(world_, *admin_, std::move(controllers));
  vcluster::SyncConfig sync{options_.tenant,
                            options_.tenant.name,
                            options_.own_ip,
                            options_.syncer.cluster_domain,
                            options_.syncer.sync_nodes,
                            options_.syncer.sync_all_nodes};
  syncer_ = std::make_unique<vcluster::Syncer>(
      world_, *host_, *admin_, std::move(sync),
      vcluster::Owner{options_.tenant.name, std::string(service_["metadata"]["uid"].text())},
      std::string(service_["spec"]["clusterIP"].text()));
  own_service_ = client::makeCollection(
      world_.loop, world_.rng, world_.log, *host_, vcluster::services(),
      {options_.tenant.host_namespace, "", cat("metadata.name=", options_.tenant.name)});
  service_handler_ = std::make_unique<ServiceHandler>(*this);
  own_service_->addHandler(*service_handler_);
  if (auto done = co_await publishKubeconfig(); !done)
    co_return fail(done.error().with("kubeconfig secret"));
  while (!syncer_->hasSynced() || !own_service_->hasSynced())
    co_await io::sleepFor(world_.loop, kSyncPoll);
  co_return Result<void>();
}

}  // namespace meshka::bin
