// istioctl version and proxy-status: istiod is asked in its own pod.
#include "base/strings.h"
#include "cli/istioctl/limits.h"
#include "cli/istioctl/proxy/views.h"
#include "cli/istioctl/run.h"
#include "cli/pod_exec.h"
#include "doc/json.h"

namespace meshka::cli::istioctl {

using doc::Draft;
using doc::Value;
using io::Task;

namespace {

constexpr std::string_view kContainer = "discovery";

std::string tagOf(std::string_view image) {
  const size_t colon = image.rfind(':');
  return colon == image.npos || image.find('/', colon) != image.npos
             ? std::string()
             : std::string(image.substr(colon + 1));
}

Task<Result<doc::Doc>> syncz(io::World& world, const client::Credentials& credentials,
                             IstiodPod istiod, Duration timeout) {
  auto answer = co_await execInPod(world, credentials,
                                   {istiod.ns,
                                    istiod.name,
                                    std::string(kContainer),
                                    {"pilot-discovery", "request", "GET", "/debug/syncz"}},
                                   world.clock().now() + timeout);
  if (!answer) co_return fail(answer.error());
  co_return doc::parseJson(*answer);
}

// "1.11.7" of "1.11.7-3f2a-Clean\n"; what the pod says, else the tag of its image.
Task<std::string> istiodVersion(Invocation run, const ClusterAccess& access, IstiodPod istiod) {
  io::World& world = run.context.world;
  auto said = co_await execInPod(
      world, access.credentials,
      {istiod.ns, istiod.name, std::string(kContainer), {"pilot-discovery", "version"}},
      world.clock().now() + kVersionTimeout);
  if (said) co_return std::string(split(trim(*said), '-')[0]);
  run.context.console.err(cat("istiod ", istiod.name, " did not answer (", said.error().message(),
                              "): its image's tag is shown\n"));
  co_return istiod.image_tag;
}

struct Versions {
  bool proxies_counted = true;
  std::vector<std::string> control_plane;
  std::vector<std::pair<std::string, int>> data_plane;
};

void countProxies(Value proxies, Versions& out) {
  for (const Value entry : proxies.elements()) {
    const std::string version(entry["istio_version"].text(entry["proxy_version"].text("unknown")));
    bool counted = false;
    for (auto& [known, count] : out.data_plane) {
      if (known != version) continue;
      ++count;
      counted = true;
    }
    if (!counted) out.data_plane.emplace_back(version, 1);
  }
}

Task<Result<Versions>> askVersions(Invocation run) {
  io::World& world = run.context.world;
  MESHKA_CO_TRY(const ClusterAccess access, co_await clusterOf(run.context, run.flags));
  auto istiods = co_await findIstiods(world, *access.api, run.flags.get("istioNamespace"),
                                      run.flags.get("revision"));
  if (!istiods) co_return fail(explainUnreachable(access, istiods.error()));
  if (istiods->empty())
    co_return fail(Code::kNotFound,
                   cat("no running Istio pods in \"", run.flags.get("istioNamespace"), "\""));
  Versions out;
  for (const IstiodPod& istiod : *istiods) {
    out.control_plane.push_back(co_await istiodVersion(run, access, istiod));
    auto proxies = co_await syncz(world, access.credentials, istiod, kVersionTimeout);
    if (proxies) {
      countProxies(*proxies, out);
    } else {
      out.proxies_counted = false;
      run.context.console.err(cat("proxies are not counted: ", proxies.error().message(), "\n"));
    }
  }
  co_return out;
}

bool allSame(const std::vector<std::string>& versions) {
  for (const std::string& version : versions)
    if (version != versions.front()) return false;
  return !versions.empty();
}

std::string shortText(const Versions& versions) {
  std::string out = cat("client version: ", mesh::kIstioVersion, "\n");
  if (allSame(versions.control_plane)) {
    out += cat("control plane version: ", versions.control_plane.front(), "\n");
  } else {
    for (const std::string& version : versions.control_plane)
      out += cat("istiod version: ", version, "\n");
  }
  if (!versions.proxies_counted) return out;  // "none" would not be true
  std::string planes;
  for (const auto& [version, count] : versions.data_plane)
    planes +=
        cat(planes.empty() ? "" : ", ", version, " (", count, count == 1 ? " proxy)" : " proxies)");
  return cat(out, "data plane version: ", planes.empty() ? "none" : planes, "\n");
}

Draft longForm(const Versions& versions) {
  Draft out = Draft::object({{"clientVersion", Draft::object({{"version", mesh::kIstioVersion},
                                                              {"tag", mesh::kIstioVersion}})}});
  for (const std::string& version : versions.control_plane)
    out["meshVersion"].push(
        Draft::object({{"Component", "pilot"}, {"Info", Draft::object({{"version", version}})}}));
  for (const auto& [version, count] : versions.data_plane) {
    for (int i = 0; i < count; ++i)
      out["dataPlaneVersion"].push(Draft::object({{"IstioVersion", version}}));
  }
  return out;
}

}  // namespace

Task<Result<std::vector<IstiodPod>>> findIstiods(io::World& world, client::ApiClient& api,
                                                 std::string ns, std::string revision) {
  client::ListOptions options;
  options.label_selector = "app=istiod";
  if (!revision.empty()) options.label_selector += cat(",istio.io/rev=", revision);
  options.field_selector = "status.phase=Running";
  auto pods = co_await api.list({"", "v1", "pods"}, ns, options, world.clock().now() + kAskTimeout);
  if (!pods) co_return fail(pods.error().with("unable to retrieve Pods"));
  std::vector<IstiodPod> out;
  for (const doc::Doc& pod : pods->items) {
    const Value container = pod["spec"]["containers"][size_t{0}];
    out.push_back({std::string(pod["metadata"]["name"].text()),
                   std::string(pod["metadata"]["namespace"].text()),
                   tagOf(container["image"].text())});
  }
  co_return out;
}

Task<Result<int>> version(Invocation run) {
  const std::string format = run.flags.get("output");
  Versions versions;
  bool asked = false;
  if (run.flags.on("remote")) {
    auto answered = co_await askVersions(run);
    // As upstream: the client's own version is worth printing without a cluster.
    if (!answered) run.context.console.err(cat(answered.error().message(), "\n"));
    asked = answered.has_value();
    if (asked) versions = std::move(*answered);
  }
  if (!format.empty() || !run.flags.on("short")) {
    run.context.console.out(
        formatted(longForm(versions).finish(), format.empty() ? "yaml" : format));
  } else {
    run.context.console.out(asked ? shortText(versions) : cat(mesh::kIstioVersion, "\n"));
  }
  co_return kOk;
}

Task<Result<int>> proxyStatus(Invocation run) {
  io::World& world = run.context.world;
  MESHKA_CO_TRY(const ClusterAccess access, co_await clusterOf(run.context, run.flags));
  auto istiods = co_await findIstiods(world, *access.api, run.flags.get("istioNamespace"),
                                      run.flags.get("revision"));
  if (!istiods) co_return fail(explainUnreachable(access, istiods.error()));
  if (istiods->empty()) co_return fail(Code::kNotFound, "unable to find any Istiod instances");
  proxy::Table table = proxy::statusTable();
  for (const IstiodPod& istiod : *istiods) {
    auto proxies = co_await syncz(world, access.credentials, istiod, kExecTimeout);
    if (!proxies) co_return fail(explainUnreachable(access, proxies.error()));
    proxy::appendStatusRows(table, *proxies, istiod.name);
  }
  run.context.console.out(proxy::formatColumns(table, 5));
  co_return kOk;
}

}  // namespace meshka::cli::istioctl
