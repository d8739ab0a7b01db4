// `meshka vcluster-server`: what runs in the pod NAME-0 of a virtual cluster, or as a plain process
// beside any API server that its kubeconfig names.
#include "base/strings.h"
#include "bin/own_cluster.h"
#include "bin/program.h"
#include "bin/virtual_cluster.h"
#include "cli/flags.h"
#include "io/async.h"
#include "io/disk.h"

namespace meshka::bin {

namespace {

constexpr uint64_t kMaxResolvBytes = 64 * 1024;
constexpr uint16_t kDnsUpstreamPort = 53;

cli::Command command() {
  const auto text = [](std::string name, std::string value, std::string help,
                       std::string fallback = {}) {
    return cli::Flag{.name = std::move(name),
                     .value_name = std::move(value),
                     .help = std::move(help),
                     .default_value = std::move(fallback)};
  };
  cli::Command c;
  c.name = "meshka vcluster-server";
  c.arguments = "[FLAGS]";
  c.summary = "runs the control plane of one virtual cluster";
  c.flags = {
      text("name", "NAME", "of the virtual cluster and of its Service on the host"),
      text("namespace", "NAMESPACE", "of the host, where everything of the virtual cluster lives"),
      text("data-dir", "DIR", "where objects and keys are kept"),
      text("listen", "ADDRESS", "of the virtual API", "0.0.0.0:8443"),
      text("dns-listen", "ADDRESS", "of the virtual cluster's DNS", "0.0.0.0:1053"),
      text("own-ip", "IP", "where the host's pods reach this process; by default $POD_IP"),
      text("kubernetes-version", "VERSION", "the version to emulate", "1.22"),
      text("cluster-domain", "DOMAIN", "of the virtual cluster's DNS", "cluster.local"),
      text("enforce-pod-security-standard", "LEVEL",
           "label every virtual namespace with this level"),
      text("host-kubeconfig", "FILE", "of the host cluster; by default this pod's service account"),
  };
  c.flags.push_back(
      {.name = "sync-nodes", .kind = cli::FlagKind::kSwitch, .help = "show the host's real nodes"});
  c.flags.push_back({.name = "sync-all-nodes",
                     .kind = cli::FlagKind::kSwitch,
                     .help = "all of them, used or not"});
  c.flags.push_back({.name = "tls-san",
                     .kind = cli::FlagKind::kList,
                     .value_name = "NAME",
                     .help = "more names of the serving certificate"});
  return c;
}

Result<VirtualClusterOptions> readOptions(const cli::Parsed& flags) {
  VirtualClusterOptions out;
  for (const char* required : {"name", "namespace", "data-dir"}) {
    if (flags.get(required).empty())
      return fail(Code::kInvalid, cat("--", required, " is required"));
  }
  out.tenant = {flags.get("name"), flags.get("namespace")};
  out.data_directory = flags.get("data-dir");
  out.kubernetes_version = flags.get("kubernetes-version");
  auto listen = io::Endpoint::parse(flags.get("listen"));
  if (!listen) return fail(listen.error().with("--listen"));
  out.listen = *listen;
  auto dns = io::Endpoint::parse(flags.get("dns-listen"));
  if (!dns) return fail(dns.error().with("--dns-listen"));
  out.dns_listen = *dns;
  out.own_ip = flags.given("own-ip") ? flags.get("own-ip") : environment("POD_IP");
  if (out.own_ip.empty()) return fail(Code::kInvalid, "--own-ip is required outside a pod");
  out.pod_security_standard = flags.get("enforce-pod-security-standard");
  out.syncer.cluster_domain = flags.get("cluster-domain");
  out.syncer.sync_nodes = flags.on("sync-nodes");
  out.syncer.sync_all_nodes = flags.on("sync-all-nodes");
  out.syncer.tls_sans = flags.all("tls-san");
  return out;
}

// The nameservers of /etc/resolv.conf: other names than the cluster's own are the host's business.
io::Task<std::vector<io::Endpoint>> upstreams(io::Disk& disk) {
  std::vector<io::Endpoint> out;
  const auto text = co_await disk.readFile("/etc/resolv.conf", kMaxResolvBytes);
  if (!text) co_return out;
  for (const std::string_view line : split(*text, '\n')) {
    constexpr std::string_view kWord = "nameserver ";
    if (line.starts_with(kWord))
      out.push_back({std::string(trim(line.substr(kWord.size()))), kDnsUpstreamPort, false});
  }
  co_return out;
}

io::Task<Result<void>> serve(cli::CommandContext& context, VirtualClusterOptions options,
                             std::string kubeconfig) {
  io::Event& stop = context.stop.catchSignals();
  MESHKA_CO_TRY(client::Credentials host,
                co_await ownCluster(context.world, std::move(kubeconfig)));
  if (options.own_ip != "127.0.0.1") options.dns_upstreams = co_await upstreams(context.world.disk);
  VirtualCluster cluster(context.world, std::move(options), std::move(host));
  MESHKA_CO_CHECK(co_await cluster.start());
  context.console.out(cat("serving on https://", cluster.apiEndpoint().toString(), "\n"));
  (void)co_await stop.wait();
  co_return Result<void>();
}

}  // namespace

io::Task<int> vclusterServer(cli::CommandContext& context, Words words) {
  const cli::Command c = command();
  const auto parsed = cli::parse(c, words);
  if (!parsed) co_return cli::complain(context.console, c.name, parsed.error());
  if (parsed->help()) {
    context.console.out(cli::helpText(c));
    co_return cli::kOk;
  }
  auto options = readOptions(*parsed);
  if (!options) co_return cli::complain(context.console, c.name, options.error());
  const auto done = co_await serve(context, std::move(*options), parsed->get("host-kubeconfig"));
  if (!done) co_return cli::complain(context.console, c.name, done.error());
  co_return cli::kOk;
}

}  // namespace meshka::bin
