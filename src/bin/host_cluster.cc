#include "bin/host_cluster.h"

#include "apiserver/bootstrap.h"
#include "apiserver/cluster.h"
#include "base/strings.h"
#include "cli/host/commands.h"
#include "cli/host/limits.h"
#include "cli/host/system.h"
#include "control/network/zone_feed.h"
#include "control/register.h"
#include "dns/server.h"
#include "dns/zone.h"
#include "io/async.h"
#include "io/disk.h"
#include "node/agent.h"
#include "node/cri/grpc_cri.h"
#include "node/streams/pod_streams.h"
#include "node/volumes/linux_volume_host.h"

namespace meshka::bin {
namespace {

namespace host = cli::host;

constexpr std::string_view kDnsNamespace = "kube-system";
constexpr std::string_view kDnsName = "kube-dns";

// Listens where the user's shell is, on 127.0.0.1 of the root network namespace.
class RootNetwork final : public io::Network {
 public:
  RootNetwork(io::Network& own, host::Ground& ground) : own_(own), ground_(ground) {}
  io::Task<Result<std::unique_ptr<io::Stream>>> connect(io::Endpoint to,
                                                        Instant deadline) override {
    return own_.connect(std::move(to), deadline);
  }
  Result<std::unique_ptr<io::Listener>> listen(const io::Endpoint& at,
                                               io::AcceptHandler& handler) override {
    Result<std::unique_ptr<io::Listener>> out = fail(Code::kInternal, "not opened");
    MESHKA_CHECK(ground_.inRootNetwork([&] { out = own_.listen(at, handler); }));
    return out;
  }
  Result<std::unique_ptr<io::DatagramSocket>> bindDatagram(const io::Endpoint& at) override {
    return own_.bindDatagram(at);
  }

 private:
  io::Network& own_;
  host::Ground& ground_;
};

class Catalog final : public node::ImageCatalog {
 public:
  explicit Catalog(const std::vector<host::CatalogImage>& images) : images_(images) {}
  std::optional<std::string> localImage(std::string_view image) const override {
    std::string ours = host::imageFor(images_, image);
    if (ours.empty() || ours == image) return std::nullopt;
    return ours;
  }

 private:
  const std::vector<host::CatalogImage>& images_;
};

// The API server asks this for logs and exec; the agent is there a little later than the server.
class Connector final : public apiserver::NodeConnector {
 public:
  io::Task<void> connect(apiserver::ConnectRequest what, net::ServerRequest& request,
                         net::ResponseWriter& response) override {
    if (what.resource != "pods") {
      node::respondStatus(response, 501, "NotImplemented",
                          cat("proxy to ", what.resource, " is not supported yet"));
    } else if (agent == nullptr) {
      node::respondStatus(response, 503, "ServiceUnavailable", "the node is not ready yet");
    } else {
      co_await agent->streams().serve(what.subresource, what.object, request, response);
    }
  }
  node::NodeAgent* agent = nullptr;
};

doc::Doc dnsService() {
  doc::Draft out = doc::Draft::object();
  out["apiVersion"] = "v1";
  out["kind"] = "Service";
  out["metadata"]["name"] = kDnsName;
  out["metadata"]["namespace"] = kDnsNamespace;
  out["metadata"]["labels"]["k8s-app"] = kDnsName;
  out["spec"]["clusterIP"] = node_net::kDnsIp;
  for (const auto& [name, protocol] :
       {std::pair<const char*, const char*>{"dns", "UDP"}, {"dns-tcp", "TCP"}}) {
    doc::Draft port = doc::Draft::object();
    port["name"] = name;
    port["protocol"] = protocol;
    port["port"] = int64_t{node_net::kDnsPort};
    port["targetPort"] = int64_t{node_net::kDnsPort};
    out["spec"]["ports"].push(std::move(port));
  }
  return out.finish();
}

// The Service has no selector: DNS is served by this process, not by a pod.
doc::Doc dnsSlice(const std::string& address) {
  doc::Draft out = doc::Draft::object();
  out["apiVersion"] = "discovery.k8s.io/v1";
  out["kind"] = "EndpointSlice";
  out["metadata"]["name"] = kDnsName;
  out["metadata"]["namespace"] = kDnsNamespace;
  out["metadata"]["labels"]["kubernetes.io/service-name"] = kDnsName;
  out["addressType"] = "IPv4";
  doc::Draft endpoint = doc::Draft::object();
  endpoint["addresses"] = doc::Draft::strings({address});
  endpoint["conditions"]["ready"] = true;
  out["endpoints"].push(std::move(endpoint));
  for (const auto& [name, protocol] :
       {std::pair<const char*, const char*>{"dns", "UDP"}, {"dns-tcp", "TCP"}}) {
    doc::Draft port = doc::Draft::object();
    port["name"] = name;
    port["protocol"] = protocol;
    port["port"] = int64_t{node_net::kDnsPort};
    out["ports"].push(std::move(port));
  }
  return out.finish();
}

class RealHostCluster final : public HostCluster {
 public:
  RealHostCluster(cli::CommandContext& context, host::Ground& ground, HostOptions options)
      : context_(context),
        ground_(ground),
        options_(std::move(options)),
        root_network_(context.world.network, ground),
        catalog_(ground.images()),
        zone_(std::string(node_net::kClusterDomain)) {}

  io::Task<Result<void>> startApi() override {
    MESHKA_CO_CHECK(co_await ground_.phase("starting the API server"));
    const host::Record& record = ground_.record();
    apiserver::ClusterOptions options;
    options.data_dir = options_.instance.dataDirectory();
    options.listen = {.host = "127.0.0.1", .port = static_cast<uint16_t>(record.api_port)};
    options.listen_network = &root_network_;
    const io::Endpoint inside{.host = record.node_address, .port = node_net::kApiPort};
    options.also_listen = {inside};
    options.config.service_cidr = node_net::kServiceRange;
    options.config.advertise = inside;
    options.config.cluster_domain = node_net::kClusterDomain;
    options.nodes = &connector_;
    MESHKA_CO_TRY(options.emulation, api::parseEmulation("1.37"));
    MESHKA_CO_TRY(cluster_, co_await apiserver::Cluster::start(context_.world, std::move(options)));
    client_ = cluster_->api().localClient(apiserver::bootstrapUser());
    control::Options controllers;
    controllers.scheduler = true;
    controllers.ca_pem = cluster_->identity().caPem();
    controllers_ =
        std::make_unique<control::Controllers>(context_.world, *client_, std::move(controllers));
    MESHKA_CO_TRY(std::string text, cluster_->adminKubeconfig(options_.instance.contextName()));
    co_return co_await context_.world.disk.writeFileAtomic(host::kubeConfigPath(options_.instance),
                                                           std::move(text), 0600);
  }

  io::Task<Result<void>> startNode() override {
    MESHKA_CO_CHECK(co_await ground_.phase("starting the node"));
    cri_ = node::cri::newGrpcCri(context_.world, options_.instance.containerdSocket());
    volumes_ = node::newLinuxVolumeHost(context_.world.runtime);
    MESHKA_CO_TRY(node::NodeConfig config, co_await nodeConfig());
    ground_.record().offers =
        cat(config.cpus * config.cpu_overcommit, " cores, ",
            config.memory_bytes * config.memory_overcommit >> 30, " GiB (", config.cpu_overcommit,
            " and ", config.memory_overcommit, " times what is there)");
    agent_ = std::make_unique<node::NodeAgent>(context_.world, *client_, *cri_, *volumes_,
                                               std::move(config));
    agent_->start();
    connector_.agent = agent_.get();
    MESHKA_CO_CHECK(co_await startDns());
    const Instant deadline = context_.world.clock().now() + host::kUpTimeout;
    while (!agent_->ready()) {
      if (context_.world.clock().now() >= deadline)
        co_return fail(Code::kTimeout, "the node does not become Ready");
      co_await io::sleepFor(context_.world.loop, host::kLookAgain);
    }
    co_return Result<void>();
  }

 private:
  io::Task<Result<void>> startDns() {
    const std::string& address = ground_.record().node_address;
    const Instant deadline = context_.world.clock().now() + host::kToolTimeout;
    MESHKA_CO_CHECK(co_await createAbsent({"", "v1", "services"}, dnsService(), deadline));
    MESHKA_CO_CHECK(co_await createAbsent({"discovery.k8s.io", "v1", "endpointslices"},
                                          dnsSlice(address), deadline));
    feed_ =
        std::make_unique<control::ZoneFeed>(agent_->services(), agent_->endpointSlices(), zone_);
    zone_.setHost(options_.instance.nodeName(), address);
    dns::ServerConfig
        config;  // no upstreams: the node has no way out, other names are unknown at once
    config.listen = {{.host = address, .port = node_net::kDnsPort}};
    dns_ = std::make_unique<dns::Server>(context_.world, zone_, std::move(config));
    co_return dns_->start();
  }

  io::Task<Result<void>> createAbsent(client::Resource resource, doc::Doc object,
                                      Instant deadline) {
    const auto made =
        co_await client_->create(resource, std::string(kDnsNamespace), object, deadline, {});
    if (!made && made.error().code() != Code::kAlreadyExists) co_return fail(made.error());
    co_return Result<void>();
  }

  // containerd answers a little before its CRI plug-in does ("server is not initialized yet").
  io::Task<Result<node::cri::Version>> runtimeVersion() {
    const io::Clock& clock = context_.world.clock();
    const Instant deadline = clock.now() + host::kContainerdTimeout;
    for (;;) {
      auto version = co_await cri_->version(deadline);
      if (version || clock.now() + host::kLookAgain >= deadline) co_return version;
      co_await io::sleepFor(context_.world.loop, host::kLookAgain);
    }
  }

  io::Task<Result<node::NodeConfig>> nodeConfig() {
    io::Disk& disk = context_.world.disk;
    const Instance& instance = options_.instance;
    const host::Record& record = ground_.record();
    MESHKA_CO_TRY(const node::cri::Version version, co_await runtimeVersion());
    node::NodeConfig config;
    config.node_name = instance.nodeName();
    config.host_ip = record.node_address;
    config.data_dir = instance.stateDirectory();
    config.log_dir = instance.logsDirectory() + "/pods";
    config.cgroup_root = instance.cgroup() + "/pods";
    config.cluster_domain = node_net::kClusterDomain;
    config.cluster_dns = node_net::kDnsIp;
    config.network = {.node_name = config.node_name,
                      .pod_cidr = std::string(node_net::kPodRange),
                      .service_cidr = std::string(node_net::kServiceRange),
                      .lb_cidr = record.load_balancer_range,
                      .node_ips = {record.node_address}};
    config.cpus = host::cpuCount();
    config.memory_bytes = host::memoryBytes();
    config.cpu_overcommit = options_.cpu_overcommit;
    config.memory_overcommit = options_.memory_overcommit;
    config.min_oom_score_adj = host::hasCapability(host::kCapSysResource) ? -999 : 0;
    config.kubelet_version = "v1.37.0";
    config.runtime_version = cat(version.name, "://", version.version);
    config.kernel_version = host::kernelRelease();
    if (const auto release = co_await disk.readFile("/etc/os-release"))
      for (const std::string_view line : split(*release, '\n'))
        if (line.starts_with("PRETTY_NAME=\"")) config.os_image = line.substr(13, line.size() - 14);
    if (const auto id = co_await disk.readFile("/etc/machine-id")) config.machine_id = trim(*id);
    if (const auto id = co_await disk.readFile("/proc/sys/kernel/random/boot_id"))
      config.boot_id = trim(*id);
    config.images = &catalog_;
    co_return config;
  }

  cli::CommandContext& context_;
  host::Ground& ground_;
  HostOptions options_;
  RootNetwork root_network_;
  Catalog catalog_;
  Connector connector_;
  dns::Zone zone_;
  std::unique_ptr<apiserver::Cluster> cluster_;
  std::unique_ptr<client::ApiClient> client_;
  std::unique_ptr<control::Controllers> controllers_;
  std::unique_ptr<node::cri::CriClient> cri_;
  std::unique_ptr<node::VolumeHost> volumes_;
  std::unique_ptr<node::NodeAgent> agent_;
  std::unique_ptr<control::ZoneFeed> feed_;
  std::unique_ptr<dns::Server> dns_;
};

}  // namespace

std::unique_ptr<HostCluster> makeHostCluster(cli::CommandContext& context, host::Ground& ground,
                                             HostOptions options) {
  return std::make_unique<RealHostCluster>(context, ground, std::move(options));
}

}  // namespace meshka::bin
