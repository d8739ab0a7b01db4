// istioctl install, uninstall and manifest generate.
#include <algorithm>

#include "base/strings.h"
#include "cli/istioctl/progress.h"
#include "cli/istioctl/run.h"
#include "client/http_api_client.h"
#include "client/resource_path.h"
#include "doc/yaml.h"
#include "mesh/install/limits.h"
#include "mesh/install/owner.h"

namespace meshka::cli::istioctl {

using io::Task;

namespace {

constexpr size_t kMaxLogBytes = 16 * 1024;
constexpr Duration kLogTimeout = seconds(5);

// The last lines of a container that ended before, over the API server.
class LogReader {
 public:
  LogReader(io::World& world, client::Credentials credentials)
      : world_(world), credentials_(std::move(credentials)) {}

  Task<std::string> read(std::string ns, std::string pod, std::string container) {
    auto connection = client::newServerConnection(world_, credentials_);
    if (!connection) co_return std::string();
    client::TokenSource tokens(world_, credentials_);
    net::ClientRequest request;
    request.method = "GET";
    request.target = client::withQuery(client::resourcePath({"", "v1", "pods"}, ns, pod, "log"),
                                       {{"container", container},
                                        {"previous", "true"},
                                        {"tailLines", cat(mesh::kFailureLogLines)}});
    if (!co_await tokens.authorize(request.headers)) co_return std::string();
    auto response =
        co_await (*connection)->send(std::move(request), world_.clock().now() + kLogTimeout);
    if (!response || response->status != 200) co_return std::string();
    auto text = co_await net::readAll(*response->body, kMaxLogBytes);
    co_return text ? *text : std::string();
  }

 private:
  io::World& world_;
  client::Credentials credentials_;
};

std::string componentTitles(const mesh::Rendering& rendering) {
  std::string out;
  for (const mesh::Component& component : rendering.components)
    out += cat(out.empty() ? "\"" : " \"", component.title, "\"");
  return out;
}

bool agreed(Invocation& run, const mesh::Installation& installation,
            const mesh::Rendering& rendering) {
  if (run.flags.on("skip-confirmation") || run.flags.on("dry-run")) return true;
  if (confirmed(run.context.console,
                cat("This will install the Istio ", mesh::kIstioVersion, " ", installation.profile,
                    " profile with [", componentTitles(rendering),
                    "] components into the cluster. Proceed? (y/N) ")))
    return true;
  run.context.console.err("Cancelled.\n");
  return false;
}

Result<Duration> readinessTimeout(const Parsed& flags) {
  auto parsed = parseDuration(flags.get("readiness-timeout"));
  if (!parsed) return fail(parsed.error().with("--readiness-timeout"));
  return *parsed;
}

void printDryRun(Console& console, const mesh::InstallSummary& summary) {
  console.err(cat("Dry run, nothing was written: ", summary.created, " objects would be created, ",
                  summary.changed, " changed, ", summary.removed, " removed, ", summary.unchanged,
                  " are as they should be\n"));
}

}  // namespace

Task<Result<int>> install(Invocation run) {
  io::World& world = run.context.world;
  Console& console = run.context.console;
  MESHKA_CO_TRY(const Duration timeout, readinessTimeout(run.flags));
  MESHKA_CO_TRY(const mesh::OperatorInput input, co_await operatorInput(run.context, run.flags));
  auto merged = mesh::mergeOperator(input);
  if (!merged) {
    if (merged.error().message().starts_with("validation errors"))
      console.err(
          "Run the command with the --force flag if you want to ignore the validation error and "
          "proceed.\n");
    co_return fail(merged.error());
  }
  printWarnings(console, merged->warnings);
  MESHKA_CO_TRY(const ClusterAccess access, co_await clusterOf(run.context, run.flags));
  auto facts = co_await mesh::readClusterFacts(world, *access.api);
  if (!facts) co_return fail(explainUnreachable(access, facts.error()));
  MESHKA_CO_TRY(mesh::Rendering rendering, mesh::renderComponents(*merged, *facts));
  printWarnings(console, rendering.warnings);
  if (!agreed(run, *merged, rendering)) co_return kFailed;
  ConsoleProgress progress(console, terminalColumns());
  LogReader logs(world, access.credentials);
  mesh::ReadLog read_log = [&logs](std::string ns, std::string pod, std::string container) {
    return logs.read(std::move(ns), std::move(pod), std::move(container));
  };
  mesh::InstallRequest request{std::move(*merged), std::move(rendering), timeout,
                               run.flags.on("dry-run")};
  auto summary = co_await mesh::install(world, *access.api, std::move(request), read_log, progress);
  // A component that did not come up says so itself; other errors may be the way to the cluster.
  if (!summary && summary.error().message().starts_with("failed to install"))
    co_return fail(summary.error());
  if (!summary) co_return fail(explainUnreachable(access, summary.error()));
  if (run.flags.on("dry-run")) {
    printDryRun(console, *summary);
  } else if (summary->created + summary->changed + summary->removed == 0) {
    console.err("no changes\n");
  }
  if (!run.flags.on("verify") || run.flags.on("dry-run")) co_return kOk;
  co_return co_await verifyInstall(std::move(run));
}

Task<Result<int>> manifestGenerate(Invocation run) {
  MESHKA_CO_TRY(const mesh::OperatorInput input, co_await operatorInput(run.context, run.flags));
  MESHKA_CO_TRY(const mesh::Installation merged, mesh::mergeOperator(input));
  printWarnings(run.context.console, merged.warnings);
  MESHKA_CO_TRY(mesh::Rendering rendering, mesh::renderComponents(merged, {}));
  printWarnings(run.context.console, rendering.warnings);
  const std::vector<std::string> only = run.flags.all("component");
  if (!only.empty()) {
    std::erase_if(rendering.components, [&](const mesh::Component& component) {
      return std::ranges::find(only, component.name) == only.end();
    });
  }
  std::string out;
  for (const doc::Doc& object : mesh::manifestOrder(rendering))
    out += cat(out.empty() ? "" : "---\n", doc::toYaml(object));
  run.context.console.out(out);
  co_return kOk;
}

}  // namespace meshka::cli::istioctl
