#include "mesh/agent/agent.h"

#include <csignal>
#include <optional>

#include "base/strings.h"
#include "dns/server.h"
#include "doc/json.h"
#include "io/disk.h"
#include "io/runtime.h"
#include "mesh/agent/ads_relay.h"
#include "mesh/agent/bootstrap.h"
#include "mesh/agent/limits.h"
#include "mesh/agent/status_server.h"
#include "net/resolv_conf.h"
#include "net/server.h"

namespace meshka::mesh::agent {
namespace {

constexpr uint16_t kDnsPort = 53;
constexpr size_t kAgentTasks = 4;
// Streams of Envoy stay open for its life: only their number is bounded.
constexpr net::ServerLimits kSocketLimits = {.max_streams = 100'000};

}  // namespace

struct Agent::State {
  State(io::World w, io::Network& app, AgentConfig c)
      : world(w),
        app_network(app),
        config(std::move(c)),
        upstream(world, config, secrets),
        sds(world, secrets),
        identity(world, config, upstream, secrets, sds),
        admin(world, config.launch.layout.admin_port),
        wake(world.loop),
        quit(world.loop),
        tasks(world.loop, kAgentTasks) {}

  Result<void> listen();
  io::Task<Result<void>> startDns();
  io::Task<Result<void>> startEnvoy();
  io::Task<void> followEnvoy();
  io::Task<void> follow(io::Event& event);
  io::Task<void> drain();

  io::World world;
  io::Network& app_network;
  const AgentConfig config;
  Secrets secrets;
  Upstream upstream;
  SdsServer sds;
  Identity identity;
  EnvoyAdmin admin;
  std::unique_ptr<MeshNames> names;  // with DNS capture
  std::unique_ptr<dns::Server> dns;
  std::unique_ptr<AdsRelay> relay;
  std::unique_ptr<Readiness> readiness;
  std::unique_ptr<StatusServer> status;
  std::unique_ptr<net::Handler> sds_handler, ads_handler;
  std::unique_ptr<net::HttpServer> sds_http, ads_http, status_http;
  std::unique_ptr<io::Child> envoy;
  std::optional<int> envoy_exit;
  bool stopping = false;
  io::Event wake;  // Envoy ended, or somebody wants the end
  io::Event quit;
  io::Group tasks;  // last: its tasks use the rest
};

Agent::Agent(io::World world, io::Network& app_network, AgentConfig config)
    : state_(std::make_unique<State>(world, app_network, std::move(config))) {}
Agent::~Agent() = default;

Result<void> Agent::State::listen() {
  const Layout& layout = config.launch.layout;
  relay = std::make_unique<AdsRelay>(world, config, upstream, identity, names.get());
  readiness = std::make_unique<Readiness>(admin, names.get());
  status = std::make_unique<StatusServer>(
      world, StatusServer::Parts{config, app_network, admin, *readiness, identity, *relay, quit});
  sds_handler = net::newGrpcHandler(world.loop, sds);
  ads_handler = net::newGrpcHandler(world.loop, *relay);
  net::ServerOptions sockets;
  sockets.limits = kSocketLimits;
  sockets.log = &world.log;
  sds_http = std::make_unique<net::HttpServer>(world.loop, *sds_handler, sockets);
  ads_http = std::make_unique<net::HttpServer>(world.loop, *ads_handler, sockets);
  status_http = std::make_unique<net::HttpServer>(world.loop, *status);
  MESHKA_CHECK(sds_http->listen(world.network, {.host = sdsSocket(config), .unix_socket = true}));
  MESHKA_CHECK(ads_http->listen(world.network, {.host = adsSocket(config), .unix_socket = true}));
  MESHKA_CHECK(status_http->listen(world.network, {.host = "0.0.0.0", .port = layout.status_port}));
  return {};
}

io::Task<Result<void>> Agent::State::startDns() {
  const auto text = co_await world.disk.readFile(config.launch.layout.resolv_conf, kMaxFileBytes);
  if (!text) co_return fail(text.error().with("DNS capture"));
  const net::ResolvConf machine = net::parseResolvConf(*text);
  names = std::make_unique<MeshNames>(config.launch.domain, machine.search);
  dns::ServerConfig options;
  options.listen.push_back({.host = "127.0.0.1", .port = config.launch.layout.dns_port});
  for (const std::string& server : machine.servers)
    options.upstreams.push_back({.host = server, .port = kDnsPort});
  dns = std::make_unique<dns::Server>(world, *names, std::move(options));
  co_return dns->start();
}

io::Task<Result<void>> Agent::State::startEnvoy() {
  MESHKA_CO_TRY(const doc::Doc bootstrap, makeBootstrap(config));
  MESHKA_CO_CHECK(co_await world.disk.writeFileAtomic(bootstrapPath(config),
                                                      doc::toPrettyJson(bootstrap, 2) + "\n"));
  MESHKA_CO_TRY(envoy, world.runtime.spawn({.program = config.launch.layout.envoy,
                                            .args = envoyArguments(config)}));
  world.log.info("Envoy started", {{"pid", cat(envoy->pid())}, {"node", config.node_id}});
  co_return Result<void>();
}

io::Task<void> Agent::State::followEnvoy() {
  envoy_exit = co_await envoy->wait();
  wake.set();
}

io::Task<void> Agent::State::follow(io::Event& event) {
  (void)co_await event.wait();
  stopping = true;
  wake.set();
}

// Listeners stop taking connections, those that are there may finish, then Envoy ends.
io::Task<void> Agent::State::drain() {
  const Instant until = world.clock().now() + config.termination_drain;
  // A gateway's listeners are all for others; of a sidecar only the inbound ones are.
  const std::string which = config.launch.router ? "graceful" : "inboundonly&graceful";
  const auto asked = co_await admin.request("POST", cat("/drain_listeners?", which));
  if (!asked) world.log.warn("cannot drain Envoy", {{"error", asked.error().message()}});
  wake.reset();
  while (!envoy_exit && world.clock().now() < until) {
    (void)co_await wake.wait(until);
    wake.reset();
  }
  for (const int signal : {SIGTERM, SIGKILL}) {
    if (envoy_exit) co_return;
    envoy->kill(signal);
    (void)co_await wake.wait(world.clock().now() + kStopTimeout);
    wake.reset();
  }
}

io::Task<Result<int>> Agent::run(io::Event& stop) {
  State& s = *state_;
  for (const std::string& warning : s.config.warnings) s.world.log.warn(warning);
  MESHKA_CO_CHECK(co_await s.world.disk.makeDirectories(s.config.launch.layout.work_directory));
  if (s.config.dns_capture) MESHKA_CO_CHECK(co_await s.startDns());
  MESHKA_CO_CHECK(s.listen());
  s.tasks.spawn(s.identity.keep());
  MESHKA_CO_CHECK(co_await s.startEnvoy());
  s.tasks.spawn(s.followEnvoy());
  s.tasks.spawn(s.follow(stop));
  s.tasks.spawn(s.follow(s.quit));
  while (!s.envoy_exit && !s.stopping) {
    (void)co_await s.wake.wait();
    s.wake.reset();
  }
  if (s.envoy_exit) {
    s.world.log.error("Envoy ended", {{"exit_code", cat(*s.envoy_exit)}});
    co_return *s.envoy_exit;
  }
  s.world.log.info("draining");
  co_await s.drain();
  co_return 0;
}

io::Task<PodFiles> readPodFiles(io::Disk& disk, const Layout& layout) {
  PodFiles out;
  out.labels = (co_await disk.readFile(layout.labels, kMaxFileBytes)).value_or("");
  out.annotations = (co_await disk.readFile(layout.annotations, kMaxFileBytes)).value_or("");
  out.mesh = (co_await disk.readFile(layout.mesh_file, kMaxFileBytes)).value_or("");
  co_return out;
}

}  // namespace meshka::mesh::agent
