// `meshka apiserver`: one Kubernetes API server by itself, until it is told to end.
#include "apiserver/cluster.h"
#include "base/strings.h"
#include "bin/program.h"
#include "cli/flags.h"
#include "io/async.h"
#include "io/disk.h"

namespace meshka::bin {

namespace {

cli::Command command() {
  cli::Command c;
  c.name = "meshka apiserver";
  c.arguments = "[FLAGS]";
  c.summary = "serves one Kubernetes API from a data directory";
  c.flags = {
      {.name = "data-dir",
       .value_name = "DIR",
       .help = "where objects and keys are kept; created when absent"},
      {.name = "listen",
       .value_name = "ADDRESS",
       .help = "address and port; port 0: the system chooses",
       .default_value = "127.0.0.1:0"},
      {.name = "kubeconfig-out",
       .value_name = "FILE",
       .help = "where an administrator's kubeconfig is written"},
      {.name = "kubernetes-version",
       .value_name = "VERSION",
       .help = "the version to emulate, 1.22 to 1.37",
       .default_value = "1.37"},
      {.name = "service-cidr",
       .value_name = "CIDR",
       .help = "range of ClusterIPs",
       .default_value = "10.96.0.0/16"},
      {.name = "allow-local-webhook-urls",
       .kind = cli::FlagKind::kSwitch,
       .help = "lets webhook URLs point at this machine"},
  };
  return c;
}

io::Task<Result<void>> serve(cli::CommandContext& context, apiserver::ClusterOptions options,
                             std::string kubeconfig) {
  io::Event& stop = context.stop.catchSignals();
  MESHKA_CO_TRY(const std::unique_ptr<apiserver::Cluster> cluster,
                co_await apiserver::Cluster::start(context.world, std::move(options)));
  MESHKA_CO_TRY(std::string text, cluster->adminKubeconfig("meshka"));
  auto written = co_await context.world.disk.writeFileAtomic(kubeconfig, std::move(text), 0600);
  if (!written) co_return fail(written.error());
  context.console.out(
      cat("serving on https://", cluster->address().toString(), ", kubeconfig ", kubeconfig, "\n"));
  (void)co_await stop.wait();
  co_return Result<void>();
}

Result<apiserver::ClusterOptions> readOptions(const cli::Parsed& parsed) {
  for (const char* flag : {"data-dir", "kubeconfig-out"}) {
    if (parsed.get(flag).empty()) return fail(Code::kInvalid, cat("--", flag, " is required"));
  }
  apiserver::ClusterOptions options;
  options.data_dir = parsed.get("data-dir");
  auto listen = io::Endpoint::parse(parsed.get("listen"));
  if (!listen) return fail(listen.error().with("--listen"));
  options.listen = *listen;
  auto emulation = api::parseEmulation(parsed.get("kubernetes-version"));
  if (!emulation) return fail(emulation.error().with("--kubernetes-version"));
  options.emulation = *emulation;
  options.config.service_cidr = parsed.get("service-cidr");
  options.config.allow_local_webhook_urls = parsed.on("allow-local-webhook-urls");
  return options;
}

}  // namespace

io::Task<int> apiserver(cli::CommandContext& context, Words words) {
  const cli::Command c = command();
  const auto parsed = cli::parse(c, words);
  if (!parsed) co_return cli::complain(context.console, c.name, parsed.error());
  if (parsed->help()) {
    context.console.out(cli::helpText(c));
    co_return cli::kOk;
  }
  auto options = readOptions(*parsed);
  if (!options) co_return cli::complain(context.console, c.name, options.error());
  const auto done = co_await serve(context, std::move(*options), parsed->get("kubeconfig-out"));
  if (!done) co_return cli::complain(context.console, c.name, done.error());
  co_return cli::kOk;
}

}  // namespace meshka::bin
