// `pilot-agent`, also `meshka proxy-agent`: first process of a sidecar or a gateway, and the tools
// that come with it in the same image. The flags are upstream's; what tests outside of a pod need
// is added.
#include <unistd.h>

#include "base/strings.h"
#include "bin/program.h"
#include "cli/flags.h"
#include "io/disk.h"
#include "io/linux/network.h"
#include "io/runtime.h"
#include "mesh/agent/agent.h"
#include "mesh/agent/capture_rules.h"
#include "mesh/agent/envoy_admin.h"
#include "mesh/agent/limits.h"
#include "mesh/agent/wait.h"
#include "net/resolv_conf.h"

namespace meshka::bin {
namespace {

namespace agent = mesh::agent;

constexpr std::string_view kIstioVersion = "1.11.7";
constexpr const char* kNft = "/usr/sbin/nft";

cli::Flag text(std::string name, std::string value, std::string help, std::string fallback = {},
               char letter = 0) {
  return {.name = std::move(name),
          .letter = letter,
          .value_name = std::move(value),
          .help = std::move(help),
          .default_value = std::move(fallback),
          .may_be_empty = true};
}

cli::Flag port(std::string name, std::string help, uint16_t fallback, char letter = 0) {
  return text(std::move(name), "PORT", std::move(help), cat(fallback), letter);
}

cli::Flag logLevel() {
  return text("log_output_level", "SCOPE:LEVEL", "of the agent: error, warn, info or debug",
              "default:info");
}

// A flag's number. Errors: kInvalid naming the flag.
template <class T>
Result<void> number(const cli::Parsed& flags, std::string_view name, T& out, int64_t most) {
  const auto value = parseInt(flags.get(name));
  if (!value || *value < 0 || *value > most)
    return fail(Code::kInvalid, cat("--", name, ": \"", flags.get(name), "\" is not a number"));
  out = static_cast<T>(*value);
  return {};
}

Result<void> duration(const cli::Parsed& flags, std::string_view name, Duration unit,
                      Duration& out) {
  int64_t n = 0;
  MESHKA_CHECK(number(flags, name, n, 1'000'000));
  out = unit * n;
  return {};
}

agent::Environment environment() {
  agent::Environment out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view pair = *entry;
    const size_t equals = pair.find('=');
    if (equals != pair.npos) out.emplace(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return out;
}

// Passes what is grave enough for --log_output_level.
class LevelLog final : public Log {
 public:
  LevelLog(Log& to, Level least) : to_(to), least_(least) {}
  bool enabled(Level level) const override { return level <= least_ && to_.enabled(level); }
  void write(Level level, std::string_view message, std::initializer_list<Field> f) override {
    to_.write(level, message, f);
  }

 private:
  Log& to_;
  Level least_;
};

// "default:info", "info", or a list of scopes, of which the one named default counts.
Result<Level> parseLogLevel(std::string_view list) {
  Level out = Level::kInfo;
  for (const std::string_view part : split(list, ',')) {
    const size_t colon = part.find(':');
    if (colon != part.npos && part.substr(0, colon) != "default") continue;
    const std::string_view word = colon == part.npos ? part : part.substr(colon + 1);
    if (word == "none" || word == "fatal" || word == "error")
      out = Level::kError;
    else if (word == "warn")
      out = Level::kWarn;
    else if (word == "info")
      out = Level::kInfo;
    else if (word == "debug")
      out = Level::kDebug;
    else
      return fail(Code::kInvalid, cat("--log_output_level: unknown level \"", word, "\""));
  }
  return out;
}

cli::Command proxyCommand() {
  const agent::Layout l;
  cli::Command c;
  c.name = "pilot-agent proxy";
  c.arguments = "sidecar|router [FLAGS]";
  c.summary = "runs Envoy as the proxy of this pod, and what it needs";
  c.min_arguments = 1;
  c.max_arguments = 1;
  c.flags = {
      text("domain", "DOMAIN", "of this pod's DNS; by default NAMESPACE.svc.cluster.local"),
      text("proxyLogLevel", "LEVEL", "of Envoy", "warning"),
      text("proxyComponentLogLevel", "LIST", "of Envoy's components", "misc:error"),
      logLevel(),
      text("concurrency", "N", "Envoy's worker threads; 0: as the configuration says", "0"),
      text("serviceCluster", "NAME", "of Envoy's node; by default APP.NAMESPACE"),
      text("meshConfig", "FILE", "mesh configuration, if there", l.mesh_file),
      text("workDirectory", "DIR", "where the bootstrap and the sockets are put", l.work_directory),
      text("rootCert", "FILE", "roots of the control plane", l.root_cert),
      text("tokenFile", "FILE", "this pod's token for the control plane", l.token),
      text("podInfo", "DIR", "with the files labels and annotations", "/etc/istio/pod"),
      text("resolvConf", "FILE", "name servers", l.resolv_conf),
      text("hostsFile", "FILE", "names before name servers", l.hosts),
      text("envoyBinary", "FILE", "the program", l.envoy),
      port("adminPort", "of Envoy's admin interface", l.admin_port),
      port("statusPort", "of the agent's status", l.status_port),
      port("healthPort", "of Envoy's readiness", l.health_port),
      port("dnsPort", "of the agent's DNS", l.dns_port),
      port("prometheusPort", "of Envoy's metrics", l.prometheus_port)};
  return c;
}

Result<agent::Launch> readLaunch(const cli::Parsed& flags) {
  agent::Launch out;
  const std::string& role = flags.arguments()[0];
  if (role != "sidecar" && role != "router")
    return fail(Code::kInvalid, cat("unknown role \"", role, "\": sidecar or router"));
  out.router = role == "router";
  out.domain = flags.get("domain");
  out.log_level = flags.get("proxyLogLevel");
  out.component_log_level = flags.get("proxyComponentLogLevel");
  out.service_cluster = flags.get("serviceCluster");
  MESHKA_CHECK(number(flags, "concurrency", out.concurrency, 1024));
  agent::Layout& l = out.layout;
  l.mesh_file = flags.get("meshConfig");
  l.work_directory = flags.get("workDirectory");
  l.root_cert = flags.get("rootCert");
  l.token = flags.get("tokenFile");
  l.labels = cat(flags.get("podInfo"), "/labels");
  l.annotations = cat(flags.get("podInfo"), "/annotations");
  l.resolv_conf = flags.get("resolvConf");
  l.hosts = flags.get("hostsFile");
  l.envoy = flags.get("envoyBinary");
  MESHKA_CHECK(number(flags, "adminPort", l.admin_port, 65535));
  MESHKA_CHECK(number(flags, "statusPort", l.status_port, 65535));
  MESHKA_CHECK(number(flags, "healthPort", l.health_port, 65535));
  MESHKA_CHECK(number(flags, "dnsPort", l.dns_port, 65535));
  MESHKA_CHECK(number(flags, "prometheusPort", l.prometheus_port, 65535));
  return out;
}

io::Task<Result<int>> proxy(cli::CommandContext& context, const cli::Parsed& flags) {
  MESHKA_CO_TRY(agent::Launch launch, readLaunch(flags));
  MESHKA_CO_TRY(const Level level, parseLogLevel(flags.get("log_output_level")));
  io::Event& stop = context.stop.catchSignals();
  LevelLog log(context.world.log, level);
  io::World& w = context.world;
  io::World world{.loop = w.loop,
                  .rng = w.rng,
                  .network = w.network,
                  .disk = w.disk,
                  .runtime = w.runtime,
                  .log = log};
  const agent::PodFiles files = co_await agent::readPodFiles(world.disk, launch.layout);
  MESHKA_CO_TRY(agent::AgentConfig config,
                agent::readConfig(std::move(launch), environment(), files));
  // The redirection lets connections from here pass to the application.
  const auto app = dynamic_cast<io::LinuxNetwork&>(w.network).fromAddress("127.0.0.6");
  agent::Agent running(world, *app, std::move(config));
  co_return co_await running.run(stop);
}

cli::Command captureCommand() {
  const agent::CaptureSpec d;
  cli::Command c;
  c.name = "pilot-agent istio-iptables";
  c.arguments = "[FLAGS]";
  c.summary =
      "turns this pod's traffic towards its proxy (by nftables; a second run replaces the first)";
  c.flags = {
      port("envoy-port", "of outbound traffic", d.proxy_port, 'p'),
      port("inbound-capture-port", "of inbound traffic", d.inbound_port, 'z'),
      port("inbound-tunnel-port", "of tunnels, left alone", d.tunnel_port, 'e'),
      text("proxy-uid", "UID", "of the proxy", d.proxy_uid, 'u'),
      text("proxy-gid", "GID", "of the proxy", d.proxy_gid, 'g'),
      text("istio-inbound-interception-mode", "MODE", "REDIRECT", d.mode, 'm'),
      text("istio-inbound-ports", "PORTS", "captured inbound; *: all", d.inbound_ports, 'b'),
      text("istio-local-exclude-ports", "PORTS", "not captured inbound", "", 'd'),
      text("istio-service-cidr", "CIDRS", "captured outbound; *: all", d.outbound_cidrs, 'i'),
      text("istio-service-exclude-cidr", "CIDRS", "not captured outbound", "", 'x'),
      text("istio-outbound-ports", "PORTS", "captured outbound whatever the address", "", 'q'),
      text("istio-local-outbound-ports-exclude", "PORTS", "not captured outbound", "", 'o'),
      text("kube-virt-interfaces", "NAMES", "what comes from there is outbound", "", 'k'),
      text("istio-exclude-interfaces", "NAMES", "not captured at all", "", 'c'),
      text("resolv-conf", "FILE", "whose name servers are captured", "/etc/resolv.conf"),
      text("nft", "FILE", "the program", kNft),
      logLevel()};
  c.flags.push_back({.name = "redirect-dns",
                     .kind = cli::FlagKind::kSwitch,
                     .help = "capture DNS; also with ISTIO_META_DNS_CAPTURE=true"});
  c.flags.push_back({.name = "dry-run",
                     .letter = 'n',
                     .kind = cli::FlagKind::kSwitch,
                     .help = "print the rules only"});
  return c;
}

io::Task<Result<int>> capture(cli::CommandContext& context, const cli::Parsed& flags) {
  agent::CaptureSpec spec;
  MESHKA_CO_CHECK(number(flags, "envoy-port", spec.proxy_port, 65535));
  MESHKA_CO_CHECK(number(flags, "inbound-capture-port", spec.inbound_port, 65535));
  MESHKA_CO_CHECK(number(flags, "inbound-tunnel-port", spec.tunnel_port, 65535));
  spec.proxy_uid = flags.get("proxy-uid");
  spec.proxy_gid = flags.get("proxy-gid");
  spec.mode = flags.get("istio-inbound-interception-mode");
  spec.inbound_ports = flags.get("istio-inbound-ports");
  spec.inbound_ports_excluded = flags.get("istio-local-exclude-ports");
  spec.outbound_cidrs = flags.get("istio-service-cidr");
  spec.outbound_cidrs_excluded = flags.get("istio-service-exclude-cidr");
  spec.outbound_ports = flags.get("istio-outbound-ports");
  spec.outbound_ports_excluded = flags.get("istio-local-outbound-ports-exclude");
  spec.virtual_interfaces = flags.get("kube-virt-interfaces");
  spec.interfaces_excluded = flags.get("istio-exclude-interfaces");
  const agent::Environment env = environment();
  const auto dns = env.find("ISTIO_META_DNS_CAPTURE");
  spec.dns = flags.on("redirect-dns") || (dns != env.end() && dns->second == "true");
  if (spec.dns) {
    MESHKA_CO_TRY(const std::string machine, co_await context.world.disk.readFile(
                                                 flags.get("resolv-conf"), agent::kMaxFileBytes));
    spec.nameservers = net::parseResolvConf(machine).servers;
    if (spec.nameservers.empty())
      context.world.log.warn("DNS capture: no name server in the machine's file",
                             {{"file", flags.get("resolv-conf")}});
  }
  MESHKA_CO_TRY(std::string script, agent::captureScript(spec));
  context.console.out(script);
  if (flags.on("dry-run")) co_return cli::kOk;
  MESHKA_CO_TRY(const io::ProcessResult done,
                co_await context.world.runtime.run(
                    {.program = flags.get("nft"), .args = {"-f", "-"}, .stdin_bytes = script},
                    context.world.clock().now() + agent::kNftTimeout));
  if (done.exit_code != 0)
    co_return fail(Code::kInternal, cat("nft: exit code ", done.exit_code, ": ", trim(done.err)));
  co_return cli::kOk;
}

cli::Command waitCommand() {
  const agent::WaitSpec d;
  cli::Command c;
  c.name = "pilot-agent wait";
  c.arguments = "[FLAGS]";
  c.summary = "waits until this pod's proxy is ready";
  c.flags = {text("url", "URL", "that answers 200 then", d.url),
             text("timeoutSeconds", "N", "in all", "60"),
             text("requestTimeoutMillis", "N", "for one answer", "500"),
             text("periodMillis", "N", "between two questions", "100"), logLevel()};
  return c;
}

io::Task<Result<int>> wait(cli::CommandContext& context, const cli::Parsed& flags) {
  agent::WaitSpec spec;
  spec.url = flags.get("url");
  MESHKA_CO_CHECK(duration(flags, "timeoutSeconds", seconds(1), spec.timeout));
  MESHKA_CO_CHECK(duration(flags, "requestTimeoutMillis", millis(1), spec.request_timeout));
  MESHKA_CO_CHECK(duration(flags, "periodMillis", millis(1), spec.period));
  MESHKA_CO_CHECK(co_await agent::waitUntilReady(context.world, std::move(spec)));
  co_return cli::kOk;
}

cli::Command requestCommand() {
  cli::Command c;
  c.name = "pilot-agent request";
  c.arguments = "METHOD PATH [BODY]";
  c.summary = "asks Envoy's admin interface";
  c.min_arguments = 2;
  c.max_arguments = 3;
  c.flags = {port("debug-port", "of the admin interface", 15000)};
  return c;
}

io::Task<Result<int>> request(cli::CommandContext& context, const cli::Parsed& flags) {
  uint16_t at = 0;
  MESHKA_CO_CHECK(number(flags, "debug-port", at, 65535));
  const std::vector<std::string>& words = flags.arguments();
  agent::EnvoyAdmin admin(context.world, at);
  MESHKA_CO_TRY(const agent::AdminAnswer answer,
                co_await admin.request(words[0], words[1], words.size() > 2 ? words[2] : ""));
  if (answer.status / 100 != 2) {
    const std::string_view line = std::string_view(answer.body).substr(0, answer.body.find('\n'));
    co_return fail(Code::kInternal, cat("Envoy answers ", answer.status, ": ", trim(line)));
  }
  context.console.out(answer.body);
  co_return cli::kOk;
}

cli::Command versionCommand() {
  return {.name = "pilot-agent version",
          .summary = "prints the release of Istio that this agent stands in for"};
}

io::Task<Result<int>> version(cli::CommandContext& context, const cli::Parsed&) {
  context.console.out(cat(kIstioVersion, "\n"));
  co_return cli::kOk;
}

struct Tool {
  std::string_view name;
  cli::Command (*command)();
  io::Task<Result<int>> (*run)(cli::CommandContext& context, const cli::Parsed& flags);
};
constexpr Tool kTools[] = {{"proxy", proxyCommand, proxy},
                           {"istio-iptables", captureCommand, capture},
                           {"wait", waitCommand, wait},
                           {"request", requestCommand, request},
                           {"version", versionCommand, version}};

std::string help() {
  std::string out =
      "The agent of a proxy: starts Envoy and keeps what it needs.\n\nUsage:\n"
      "  pilot-agent COMMAND\n\nCommands:\n";
  for (const Tool& tool : kTools)
    out +=
        cat("  ", tool.name, std::string(18 - tool.name.size(), ' '), tool.command().summary, "\n");
  return out + "\npilot-agent COMMAND --help says more.\n";
}

}  // namespace

io::Task<int> proxyAgent(cli::CommandContext& context, Words words) {
  const std::string first = words.empty() ? "help" : words[0];
  for (const Tool& tool : kTools) {
    if (first != tool.name) continue;
    const cli::Command command = tool.command();
    const auto parsed = cli::parse(command, Words(words.begin() + 1, words.end()));
    if (!parsed) co_return cli::complain(context.console, command.name, parsed.error());
    if (parsed->help()) {
      context.console.out(cli::helpText(command));
      co_return cli::kOk;
    }
    const auto done = co_await tool.run(context, *parsed);
    if (!done) co_return cli::complain(context.console, command.name, done.error());
    co_return *done;
  }
  if (first == "help" || first == "--help" || first == "-h") {
    context.console.out(help());
    co_return cli::kOk;
  }
  context.console.err(
      cat("pilot-agent: unknown command: ", first, "; pilot-agent help lists the commands\n"));
  co_return cli::kUsage;
}

}  // namespace meshka::bin
