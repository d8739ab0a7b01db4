// istioctl proxy-config: what a proxy's Envoy says of itself, as tables.
#include "base/strings.h"
#include "cli/istioctl/limits.h"
#include "cli/istioctl/proxy/dump.h"
#include "cli/istioctl/proxy/views.h"
#include "cli/istioctl/run.h"
#include "cli/pod_exec.h"
#include "doc/json.h"
#include "doc/yaml.h"
#include "io/disk.h"

namespace meshka::cli::istioctl {

using doc::Draft;
using doc::Value;
using io::Task;

namespace {

constexpr size_t kWidePadding = 5;
constexpr size_t kListenerPadding = 1;

struct PodName {
  std::string ns;
  std::string name;
};

// "pod.namespace", "pod", "deployment/name[.namespace]".
PodName parsePodName(std::string_view text, std::string_view fallback) {
  const size_t dot = text.rfind('.');
  if (dot == text.npos) return {std::string(fallback), std::string(text)};
  return {std::string(text.substr(dot + 1)), std::string(text.substr(0, dot))};
}

std::string selectorText(Value labels) {
  std::string out;
  for (const auto& [key, value] : labels.members())
    out += cat(out.empty() ? "" : ",", key, "=", value.text());
  return out;
}

// A Deployment stands for its first running pod.
Task<Result<PodName>> resolvePod(io::World& world, client::ApiClient& api, PodName given) {
  const size_t slash = given.name.find('/');
  if (slash == given.name.npos) co_return given;
  const std::string kind = given.name.substr(0, slash);
  if (kind != "deployment" && kind != "deploy" && kind != "deployments" && kind != "pod")
    co_return fail(Code::kInvalid,
                   cat("\"", given.name, "\": a pod or a deployment/NAME is needed"));
  given.name.erase(0, slash + 1);
  if (kind == "pod") co_return given;
  const Instant deadline = world.clock().now() + kAskTimeout;
  MESHKA_CO_TRY(const doc::Doc deployment,
                co_await api.get({"apps", "v1", "deployments"}, given.ns, given.name, deadline));
  client::ListOptions options;
  options.label_selector = selectorText(deployment["spec"]["selector"]["matchLabels"]);
  options.field_selector = "status.phase=Running";
  MESHKA_CO_TRY(const client::ObjectList pods,
                co_await api.list({"", "v1", "pods"}, given.ns, options, deadline));
  if (pods.items.empty())
    co_return fail(Code::kNotFound,
                   cat("deployment ", given.ns, "/", given.name, " has no running pod"));
  co_return PodName{given.ns, std::string(pods.items.front()["metadata"]["name"].text())};
}

// The answer of Envoy's admin interface to `page`, from the pod or the file.
Task<Result<doc::Doc>> ask(Invocation run, std::string page) {
  io::World& world = run.context.world;
  std::string text;
  std::string where;
  if (run.flags.given("file")) {
    where = run.flags.get("file");
    auto read = co_await world.disk.readFile(where == "-" ? "/dev/stdin" : where, kMaxDumpBytes);
    if (!read) co_return fail(read.error().with("--file"));
    text = std::move(*read);
  } else {
    if (run.flags.arguments().empty())
      co_return fail(Code::kInvalid, "a POD[.NAMESPACE] or --file is needed");
    MESHKA_CO_TRY(const ClusterAccess access, co_await clusterOf(run.context, run.flags));
    const std::string ns = run.flags.given("namespace") ? run.flags.get("namespace") : access.ns;
    auto pod = co_await resolvePod(world, *access.api, parsePodName(run.flags.arguments()[0], ns));
    if (!pod) co_return fail(explainUnreachable(access, pod.error()));
    where = cat(pod->name, ".", pod->ns);
    auto answer = co_await execInPod(
        world, access.credentials,
        {pod->ns, pod->name, "istio-proxy", {"pilot-agent", "request", "GET", page}},
        world.clock().now() + kExecTimeout);
    if (!answer) co_return fail(explainUnreachable(access, answer.error()));
    text = std::move(*answer);
  }
  auto parsed = doc::parseJson(text, {.max_bytes = kMaxDumpBytes});
  if (!parsed) co_return fail(parsed.error().with(cat("Envoy's answer (", where, ")")));
  co_return std::move(*parsed);
}

Draft listOf(const std::vector<Value>& values) {
  Draft out = Draft::array();
  for (const Value value : values) out.push(Draft(value));
  return out;
}

// A dump without the section is no dump: an empty table would be a lie.
Result<void> needSection(Value dump, std::string_view message) {
  if (proxy::section(dump, message).exists()) return {};
  return fail(Code::kNotFound, cat("the configuration dump has no ", message));
}

int show(Invocation& run, const proxy::Table& table, size_t padding, const Draft& raw) {
  const std::string format = run.flags.get("output");
  run.context.console.out(format == "short" ? proxy::formatColumns(table, padding)
                                            : formatted(raw.finish(), format));
  return kOk;
}

}  // namespace

std::string formatted(Value value, std::string_view format) {
  return format == "yaml" ? doc::toYaml(value) : cat(doc::toPrettyJson(value), "\n");
}

Task<Result<int>> proxyCluster(Invocation run) {
  MESHKA_CO_TRY(const doc::Doc dump, co_await ask(run, "config_dump"));
  MESHKA_CO_CHECK(needSection(dump, "ClustersConfigDump"));
  const auto found =
      proxy::filterClusters(dump, {run.flags.get("fqdn"), run.flags.get("port"),
                                   run.flags.get("subset"), run.flags.get("direction")});
  co_return show(run, proxy::clusterTable(found), kWidePadding, listOf(found));
}

Task<Result<int>> proxyListener(Invocation run) {
  MESHKA_CO_TRY(const doc::Doc dump, co_await ask(run, "config_dump"));
  MESHKA_CO_CHECK(needSection(dump, "ListenersConfigDump"));
  const auto found = proxy::filterListeners(
      dump, {run.flags.get("address"), run.flags.get("port"), run.flags.get("type")});
  co_return show(run, proxy::listenerTable(found, run.flags.on("verbose")), kListenerPadding,
                 listOf(found));
}

Task<Result<int>> proxyRoute(Invocation run) {
  MESHKA_CO_TRY(const doc::Doc dump, co_await ask(run, "config_dump"));
  const auto found = proxy::filterRoutes(dump, run.flags.get("name"));
  if (found.empty()) co_return fail(Code::kNotFound, "no routes found");
  co_return show(run, proxy::routeTable(found), kWidePadding, listOf(found));
}

Task<Result<int>> proxyEndpoint(Invocation run) {
  MESHKA_CO_TRY(const doc::Doc clusters, co_await ask(run, "clusters?format=json"));
  if (!proxy::at(clusters, "cluster_statuses").isArray())
    co_return fail(Code::kInvalid, "the answer is not that of /clusters?format=json");
  const proxy::EndpointFilter filter{run.flags.get("address"), run.flags.get("port"),
                                     run.flags.get("cluster"), run.flags.get("status")};
  co_return show(run, proxy::endpointTable(clusters, filter), kWidePadding,
                 Draft(proxy::at(clusters, "cluster_statuses")));
}

Task<Result<int>> proxySecret(Invocation run) {
  MESHKA_CO_TRY(const doc::Doc dump, co_await ask(run, "config_dump"));
  MESHKA_CO_CHECK(needSection(dump, "SecretsConfigDump"));
  co_return show(run, proxy::secretTable(dump, run.context.world.clock().wall()), kWidePadding,
                 Draft(proxy::section(dump, "SecretsConfigDump")));
}

Task<Result<int>> proxyBootstrap(Invocation run) {
  MESHKA_CO_TRY(const doc::Doc dump, co_await ask(run, "config_dump"));
  MESHKA_CO_CHECK(needSection(dump, "BootstrapConfigDump"));
  const Value config = proxy::section(dump, "BootstrapConfigDump");
  if (run.flags.get("output") != "short") {
    run.context.console.out(formatted(config, run.flags.get("output")));
    co_return kOk;
  }
  const Value node = proxy::at(config, "bootstrap", "node");
  const Value build = proxy::at(node, "user_agent_build_version", "version");
  run.context.console.out(cat("Istio Version: ", node["metadata"]["ISTIO_VERSION"].text("unknown"),
                              "\nEnvoy Version: ", proxy::at(build, "major_number").integer(), ".",
                              proxy::at(build, "minor_number").integer(), ".",
                              build["patch"].integer(), "\n"));
  co_return kOk;
}

}  // namespace meshka::cli::istioctl
