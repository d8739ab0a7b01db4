// `meshka mgmt-server`: what runs in the pod gloo-mesh-mgmt-server of the management cluster, or as
// a plain process beside any API server that its kubeconfig names.
#include "base/strings.h"
#include "bin/mgmt_common.h"
#include "bin/program.h"
#include "mgmt/server/redis_store.h"
#include "mgmt/server/server.h"
#include "net/resolver.h"

namespace meshka::bin {

namespace {

cli::Command command() {
  cli::Command c;
  c.name = "meshka mgmt-server";
  c.arguments = "[FLAGS]";
  c.summary = "runs the management server";
  c.flags = {
      textFlag("grpc-listen", "ADDRESS", "of the relay", "0.0.0.0:9900"),
      textFlag("health-listen", "ADDRESS", "of /ready", "0.0.0.0:8090"),
      textFlag("stats-listen", "ADDRESS", "of /metrics", "0.0.0.0:9091"),
      textFlag("namespace", "NAMESPACE", "of the management plane", "gloo-mesh"),
      textFlag("redis", "HOST:PORT", "where snapshots are kept; empty: nowhere"),
      textFlag("server-tls", "DIR", "with tls.crt and tls.key of the relay"),
      textFlag("signing-tls", "DIR",
               "with tls.crt, tls.key and ca.crt: signs the agents' certificates"),
      textFlag("token-file", "FILE", "with the token that agents show the first time"),
      textFlag("kubeconfig", "FILE",
               "of the management cluster; by default the pod's service account"),
  };
  for (cli::Flag& flag : c.flags) flag.may_be_empty = flag.name == "redis";
  c.flags.push_back({.name = "insecure",
                     .kind = cli::FlagKind::kSwitch,
                     .help = "let agents speak plain text and say who they are"});
  c.flags.push_back({.name = "disable-shared-trust",
                     .kind = cli::FlagKind::kSwitch,
                     .help = "give meshes a common root only where a RootTrustPolicy says so"});
  return c;
}

io::Task<Result<mgmt::ServerConfig>> readConfig(io::World& world, const cli::Parsed& flags) {
  mgmt::ServerConfig out;
  MESHKA_CO_TRY(out.grpc_listen, endpointFlag(flags, "grpc-listen"));
  MESHKA_CO_TRY(out.health_listen, endpointFlag(flags, "health-listen"));
  MESHKA_CO_TRY(out.stats_listen, endpointFlag(flags, "stats-listen"));
  out.ns = flags.get("namespace");
  out.relay.insecure = flags.on("insecure");
  MESHKA_CO_TRY(const TlsFiles server, co_await readTlsFiles(world, flags.get("server-tls")));
  MESHKA_CO_TRY(const TlsFiles signing, co_await readTlsFiles(world, flags.get("signing-tls")));
  MESHKA_CO_TRY(const std::string token, co_await readOptionalFile(world, flags.get("token-file")));
  out.relay.token = trim(token);
  if (!signing.certificate_pem.empty()) {
    auto authority = net::Authority::fromPem(signing.certificate_pem, signing.key_pem);
    if (!authority) co_return fail(authority.error().with("--signing-tls"));
    out.relay.signing = std::make_shared<net::Authority>(std::move(*authority));
    out.relay.ca_pem = signing.ca_pem.empty() ? signing.certificate_pem : signing.ca_pem;
  }
  if (!server.certificate_pem.empty()) {
    out.tls = {.certificate_pem = server.certificate_pem,
               .key_pem = server.key_pem,
               .client_ca_pem = out.relay.ca_pem,
               .alpn = {"h2"}};
  } else if (!out.relay.insecure) {
    co_return fail(Code::kInvalid,
                   cat("--server-tls: there is no tls.crt in \"", flags.get("server-tls"),
                       "\"; only with --insecure the relay runs without"));
  }
  out.shared_trust = !flags.on("disable-shared-trust");
  co_return out;
}

// Null when there is none.
Result<std::unique_ptr<mgmt::SnapshotStore>> storeOf(io::World& world, const std::string& redis) {
  if (redis.empty()) return nullptr;
  auto at = parseHostPort(redis);
  if (!at) return fail(at.error().with("--redis"));
  net::ClientOptions target;
  target.host = at->host;
  target.endpoint.port = at->port;
  target.resolver = net::newSystemResolver(world);
  return std::make_unique<mgmt::RedisStore>(world, std::move(target));
}

io::Task<Result<void>> serve(cli::CommandContext& context, const cli::Parsed& flags) {
  io::Event& stop = context.stop.catchSignals();
  io::World& world = context.world;
  MESHKA_CO_TRY(mgmt::ServerConfig config, co_await readConfig(world, flags));
  MESHKA_CO_TRY(const auto client, co_await clusterOf(world, flags.get("kubeconfig")));
  MESHKA_CO_TRY(auto store, storeOf(world, flags.get("redis")));
  mgmt::Server server(
      world, *client, std::move(config),
      [](const mgmt::TranslateInput& input) { return mgmt::translate(input); }, std::move(store));
  MESHKA_CO_CHECK(co_await server.start());
  context.console.out(cat("relay on ", server.grpcEndpoint().toString(), ", /ready on ",
                          server.healthEndpoint().toString(), "\n"));
  (void)co_await stop.wait();
  co_return Result<void>();
}

}  // namespace

io::Task<int> mgmtServer(cli::CommandContext& context, Words words) {
  const cli::Command c = command();
  const auto parsed = cli::parse(c, words);
  if (!parsed) co_return cli::complain(context.console, c.name, parsed.error());
  if (parsed->help()) {
    context.console.out(cli::helpText(c));
    co_return cli::kOk;
  }
  const auto done = co_await serve(context, *parsed);
  if (!done) co_return cli::complain(context.console, c.name, done.error());
  co_return cli::kOk;
}

}  // namespace meshka::bin
