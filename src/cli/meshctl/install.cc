// `meshctl install` and `meshctl uninstall`.
#include "mgmt/lifecycle/install.h"

#include "base/strings.h"
#include "base/version.h"
#include "cli/meshctl/run.h"
#include "doc/chart_values.h"
#include "doc/yaml.h"
#include "io/disk.h"
#include "mgmt/chart/crds.h"
#include "mgmt/lifecycle/register.h"

namespace meshka::cli::meshctl {

using doc::Draft;
using io::Task;

namespace {

constexpr uint64_t kMaxValuesBytes = 1u << 20;
constexpr size_t kMaxVersionBytes = 63;  // it is a label's value
constexpr std::string_view kOwnImage = "meshka.local/meshka";

// "v2.0.0-beta20" is "2.0.0-beta20". It becomes a label and an image tag.
Result<std::string> versionOf(std::string_view typed) {
  std::string_view version = typed;
  if (version.starts_with('v')) version.remove_prefix(1);
  bool good = !version.empty() && version.size() <= kMaxVersionBytes;
  for (const char c : version) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    good = good && (plain || c == '.' || c == '-' || c == '_');
  }
  if (!good || version.front() < '0' || version.front() > '9')
    return fail(Code::kInvalid,
                cat("--version \"", typed, "\" is not a version such as 2.0.0-beta20"));
  return std::string(version);
}

Task<Result<mgmt::ParsedValues>> valuesOf(io::Disk& disk, Parsed flags) {
  doc::Doc merged = Draft::object().finish();
  for (const std::string& file : flags.all("chart-values-file")) {
    auto text = co_await disk.readFile(file, kMaxValuesBytes);
    if (!text) co_return fail(text.error().with("--chart-values-file"));
    auto parsed = doc::parseYamlDocument(*text);
    if (!parsed) co_return fail(parsed.error().with(cat("--chart-values-file ", file)));
    merged = doc::mergeValues(merged, *parsed);
  }
  Draft typed(merged);
  if (!typed.isObject())
    co_return fail(Code::kInvalid, "--chart-values-file: the file must hold a map");
  for (const std::string& set : flags.all("set")) MESHKA_CO_CHECK(mgmt::setValue(typed, set));
  MESHKA_CO_TRY(mgmt::ParsedValues out, mgmt::parseValues(typed.finish()));
  if (flags.given("license")) out.values.license = flags.get("license");
  if (flags.on("skip-ui")) out.values.ui = false;
  if (flags.on("disable-shared-trust")) out.values.shared_trust = false;
  co_return out;
}

void printObjects(Console& console, const mgmt::ServerChart& chart) {
  std::string text =
      "# The secrets of the relay are made once, in the cluster, and not shown here.\n";
  for (const doc::Doc& crd : mgmt::crdObjects()) text += cat("---\n", doc::toYaml(crd));
  for (const doc::Doc& object : mgmt::serverObjects(chart)) {
    Draft shown(object);
    if (shown["kind"].text() == "Secret") shown.erase("data");
    text += cat("---\n", doc::toYaml(shown.finish()));
  }
  console.out(text);
}

Task<Result<void>> registerItself(io::World& world, client::ApiClient& api, Parsed flags,
                                  const mgmt::ServerChart& chart, mgmt::Progress& progress) {
  mgmt::RegisterRequest request;
  request.ns = chart.ns;
  request.given_name = flags.get("cluster-name");
  request.version = chart.version;
  request.cluster_domain = flags.get("cluster-domain");
  request.relay_address = cat(mgmt::kServerName, ".", chart.ns, ":", chart.values.grpc_port);
  co_return co_await mgmt::registerCluster(world, api, api, std::move(request), progress);
}

}  // namespace

Task<Result<int>> install(Invocation run) {
  io::World& world = run.context.world;
  ConsoleProgress progress(run.context.console);
  if (run.flags.given("chart-file")) {
    co_return fail(Code::kUnsupported,
                   "--chart-file is not supported yet: meshka brings its own chart");
  }
  mgmt::ServerChart chart;
  chart.ns = run.flags.get("namespace");
  chart.release_name = run.flags.get("release-name");
  chart.own_image = cat(kOwnImage, ":", kVersion);
  MESHKA_CO_TRY(chart.version, versionOf(run.flags.given("version") ? run.flags.get("version")
                                                                    : std::string(kVersion)));
  MESHKA_CO_TRY(mgmt::ParsedValues parsed, co_await valuesOf(world.disk, run.flags));
  for (const std::string& warning : parsed.warnings) progress.warn(warning);
  chart.values = std::move(parsed.values);
  if (run.flags.on("dry-run")) {
    printObjects(run.context.console, chart);
    co_return kOk;
  }
  MESHKA_CO_TRY(const ClusterAccess access, co_await accessManagement(world, run.flags));
  progress.step(cat("Installing Gloo Mesh ", chart.version, " (meshka ", kVersion,
                    ") into namespace ", chart.ns, " of context ", access.context));
  const mgmt::Stopwatch watch(world.clock());
  auto installed = co_await mgmt::installManagement(world, *access.api, chart, progress);
  if (installed && run.flags.on("register"))
    installed = co_await registerItself(world, *access.api, run.flags, chart, progress);
  if (!installed) co_return fail(co_await explain(world, {&access}, installed.error()));
  progress.done("management plane ready", watch.elapsed());
  co_return kOk;
}

Task<Result<int>> uninstall(Invocation run) {
  io::World& world = run.context.world;
  ConsoleProgress progress(run.context.console);
  MESHKA_CO_TRY(const ClusterAccess access, co_await accessManagement(world, run.flags));
  auto removed = co_await mgmt::uninstallManagement(
      world, *access.api, {run.flags.get("namespace"), run.flags.on("purge")}, progress);
  if (!removed) co_return fail(co_await explain(world, {&access}, removed.error()));
  co_return kOk;
}

}  // namespace meshka::cli::meshctl
