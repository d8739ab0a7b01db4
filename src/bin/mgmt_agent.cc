// `meshka mgmt-agent`: what runs in the pod gloo-mesh-agent of a workload cluster, or as a plain
// process beside any API server that its kubeconfig names.
#include "mgmt/agent/agent.h"

#include "base/strings.h"
#include "bin/mgmt_common.h"
#include "bin/program.h"
#include "net/resolver.h"

namespace meshka::bin {

namespace {

cli::Command command() {
  cli::Command c;
  c.name = "meshka mgmt-agent";
  c.arguments = "[FLAGS]";
  c.summary = "tells the management server of this cluster and keeps its outputs here";
  c.flags = {
      textFlag("cluster", "NAME", "of the KubernetesCluster that this cluster is registered as"),
      textFlag("given-name", "NAME", "as typed at registration"),
      textFlag("relay-server", "HOST:PORT", "of the management server"),
      textFlag("relay-authority", "NAME", "in the management server's certificate",
               "gloo-mesh-mgmt-server.gloo-mesh"),
      textFlag("root-tls", "DIR", "with ca.crt, which the management server's chain ends in"),
      textFlag("token-file", "FILE", "with the token that the first certificate is given for"),
      textFlag("client-secret", "NAME", "where the client certificate is kept",
               "relay-client-tls-secret"),
      textFlag("namespace", "NAMESPACE", "of this agent", "gloo-mesh"),
      textFlag("grpc-listen", "ADDRESS", "for the proxies' telemetry", "0.0.0.0:9977"),
      textFlag("http-listen", "ADDRESS", "of /ready", "0.0.0.0:9988"),
      textFlag("stats-listen", "ADDRESS", "of /metrics", "0.0.0.0:9091"),
      textFlag("kubeconfig", "FILE", "of this cluster; by default the pod's service account"),
  };
  c.flags.push_back({.name = "insecure",
                     .kind = cli::FlagKind::kSwitch,
                     .help = "speak plain text to the management server"});
  return c;
}

Result<mgmt::AgentConfig> readConfig(const cli::Parsed& flags) {
  for (const char* required : {"cluster", "relay-server"}) {
    if (flags.get(required).empty())
      return fail(Code::kInvalid, cat("--", required, " is required"));
  }
  mgmt::AgentConfig out;
  MESHKA_TRY(out.grpc_listen, endpointFlag(flags, "grpc-listen"));
  MESHKA_TRY(out.http_listen, endpointFlag(flags, "http-listen"));
  MESHKA_TRY(out.stats_listen, endpointFlag(flags, "stats-listen"));
  auto server = parseHostPort(flags.get("relay-server"));
  if (!server) return fail(server.error().with("--relay-server"));
  mgmt::UplinkConfig& uplink = out.uplink;
  uplink.cluster = flags.get("cluster");
  uplink.given_name = flags.get("given-name");
  uplink.server_host = server->host;
  uplink.server_port = server->port;
  uplink.authority = flags.get("relay-authority");
  uplink.insecure = flags.on("insecure");
  uplink.client_secret = flags.get("client-secret");
  uplink.ns = flags.get("namespace");
  uplink.token_path = flags.get("token-file");
  if (!flags.get("root-tls").empty()) uplink.root_ca_path = flags.get("root-tls") + "/ca.crt";
  if (!uplink.insecure && uplink.root_ca_path.empty()) {
    return fail(Code::kInvalid, "--root-tls is required without --insecure");
  }
  return out;
}

io::Task<Result<void>> serve(cli::CommandContext& context, mgmt::AgentConfig config,
                             std::string kubeconfig) {
  io::Event& stop = context.stop.catchSignals();
  MESHKA_CO_TRY(const auto client, co_await clusterOf(context.world, std::move(kubeconfig)));
  const std::string cluster = config.uplink.cluster;
  mgmt::Agent agent(context.world, *client, std::move(config),
                    net::newSystemResolver(context.world));
  MESHKA_CO_CHECK(agent.start());
  context.console.out(
      cat("agent of cluster ", cluster, ", /ready on ", agent.httpEndpoint().toString(), "\n"));
  (void)co_await stop.wait();
  co_return Result<void>();
}

}  // namespace

io::Task<int> mgmtAgent(cli::CommandContext& context, Words words) {
  const cli::Command c = command();
  const auto parsed = cli::parse(c, words);
  if (!parsed) co_return cli::complain(context.console, c.name, parsed.error());
  if (parsed->help()) {
    context.console.out(cli::helpText(c));
    co_return cli::kOk;
  }
  auto config = readConfig(*parsed);
  if (!config) co_return cli::complain(context.console, c.name, config.error());
  const auto done = co_await serve(context, std::move(*config), parsed->get("kubeconfig"));
  if (!done) co_return cli::complain(context.console, c.name, done.error());
  co_return cli::kOk;
}

}  // namespace meshka::bin
