#include "mesh/install/installer.h"

#include <set>

#include "base/strings.h"
#include "mesh/install/apply.h"
#include "mesh/install/limits.h"
#include "mesh/install/owner.h"

namespace meshka::mesh {

using doc::Draft;
using doc::Value;
using io::Task;

namespace {

constexpr std::string_view kNetworkLabel = "topology.istio.io/network";
const client::Resource kNamespaces{"", "v1", "namespaces"};

struct Run {
  io::World& world;
  client::ApiClient& api;
  const InstallRequest& request;
  ReadLog& read_log;
  InstallProgress& progress;
  InstallSummary summary;
};

Instant soon(io::World& world) {
  return world.clock().now() + kInstallCallTimeout;
}

void count(InstallSummary& summary, Applied applied) {
  if (applied == Applied::kCreated) ++summary.created;
  if (applied == Applied::kChanged) ++summary.changed;
  if (applied == Applied::kUnchanged) ++summary.unchanged;
}

Task<Result<void>> ensureNamespace(Run& run, std::string name) {
  const std::string network(run.request.installation.spec["values"]["global"]["network"].text());
  auto found = co_await run.api.get(kNamespaces, "", name, soon(run.world));
  if (found && (*found)["metadata"]["deletionTimestamp"].exists())
    co_return fail(Code::kConflict,
                   cat("namespace ", name, " is being deleted; try again when it is gone"));
  if (found) {
    const std::string_view label = (*found)["metadata"]["labels"][kNetworkLabel].text();
    if (!network.empty() && label != network)
      run.progress.note(cat("namespace ", name, " was there before and has no label ",
                            kNetworkLabel, "=", network, ": set it with kubectl label namespace ",
                            name, " ", kNetworkLabel, "=", network));
    co_return Result<void>();
  }
  if (found.error().code() != Code::kNotFound) co_return fail(found.error());
  if (run.request.dry_run) co_return Result<void>();
  Draft labels = Draft::object();
  if (!network.empty()) labels[kNetworkLabel] = network;
  Draft object = Draft::object({{"apiVersion", "v1"},
                                {"kind", "Namespace"},
                                {"metadata", Draft::object({{"name", name}, {"labels", labels}})}});
  auto created = co_await run.api.create(kNamespaces, "", object.finish(), soon(run.world));
  if (!created && created.error().code() != Code::kAlreadyExists) co_return fail(created.error());
  co_return Result<void>();
}

// CRDs, until the server knows their kinds; then the rest, in order.
Task<Result<void>> applyComponent(Run& run, const Component& component) {
  std::vector<std::string> crds;
  bool waited = false;
  for (const doc::Doc& object : installOrder(component)) {
    const bool crd = object["kind"].text() == "CustomResourceDefinition";
    if (crd) crds.emplace_back(object["metadata"]["name"].text());
    if (!crd && !waited && !run.request.dry_run) {
      MESHKA_CO_CHECK(co_await waitForCrds(run.world, run.api, crds));
      waited = true;
    }
    const doc::Doc owned = withOwner(object, component.name, run.request.installation);
    MESHKA_CO_TRY(const Applied applied,
                  co_await applyObject(run.world, run.api, owned, run.request.dry_run));
    count(run.summary, applied);
  }
  co_return Result<void>();
}

// Deployments by namespace: gateways may live in others.
Task<Result<void>> awaitComponent(Run& run, const Component& component) {
  std::vector<std::pair<std::string, std::vector<std::string>>> spaces;
  std::string names;
  for (const doc::Doc& object : component.objects) {
    if (object["kind"].text() != "Deployment") continue;
    const std::string ns(object["metadata"]["namespace"].text());
    const std::string name(object["metadata"]["name"].text());
    if (spaces.empty() || spaces.back().first != ns) spaces.push_back({ns, {}});
    spaces.back().second.push_back(name);
    names += cat(names.empty() ? "" : ", ", "Deployment/", ns, "/", name);
  }
  if (names.empty()) co_return Result<void>();
  run.progress.waiting(cat("Waiting for ", names));
  for (auto& [ns, deployments] : spaces) {
    MESHKA_CO_CHECK(co_await waitForDeployments(
        run.world, run.api, {ns, deployments, run.request.readiness_timeout}, run.read_log));
  }
  co_return Result<void>();
}

Task<Result<void>> installComponent(Run& run, const Component& component) {
  MESHKA_CO_CHECK(co_await applyComponent(run, component));
  if (run.request.dry_run) co_return Result<void>();
  co_return co_await awaitComponent(run, component);
}

// What this owner had and has no longer.
Task<Result<void>> prune(Run& run) {
  std::set<std::string> wanted;
  for (const Component& component : run.request.rendering.components) {
    for (const doc::Doc& object : component.objects)
      wanted.insert(cat(object["kind"].text(), ":", object["metadata"]["namespace"].text(), ":",
                        object["metadata"]["name"].text()));
  }
  client::ListOptions options;
  options.label_selector =
      cat(ownerSelector(run.request.installation), ",operator.istio.io/managed=Reconcile");
  std::vector<Removal> gone;
  for (const OwnedKind& kind : ownedKinds()) {
    if (kind.kind == "IstioOperator") continue;
    auto listed = co_await run.api.list(kind.resource, "", options, soon(run.world));
    if (!listed && listed.error().code() == Code::kNotFound) continue;  // the kind is not there
    if (!listed) co_return fail(listed.error().with(cat("list ", kind.resource.name)));
    for (const doc::Doc& object : listed->items) {
      const std::string ns(object["metadata"]["namespace"].text());
      const std::string name(object["metadata"]["name"].text());
      if (wanted.contains(cat(kind.kind, ":", ns, ":", name))) continue;
      gone.push_back({kind.resource, std::string(kind.kind), ns, name});
    }
  }
  run.summary.removed = gone.size();
  if (run.request.dry_run) co_return Result<void>();
  co_return co_await removeInstalled(run.world, run.api, std::move(gone), run.progress);
}

// Upstream keeps the merged input as an object; verify-install and uninstall read it.
Task<Result<void>> recordState(Run& run) {
  const Installation& installation = run.request.installation;
  Draft metadata = Draft::object(
      {{"name", installedStateName(installation)},
       {"namespace", installation.ns},
       {"annotations", Draft::object({{"install.istio.io/ignoreReconcile", "true"}})}});
  Draft object = Draft::object({{"apiVersion", "install.istio.io/v1alpha1"},
                                {"kind", "IstioOperator"},
                                {"metadata", std::move(metadata)},
                                {"spec", installation.spec}});
  Component none{"Base", "", {}};
  const doc::Doc owned = withOwner(object.finish(), none.name, installation);
  MESHKA_CO_TRY(const Applied applied,
                co_await applyObject(run.world, run.api, owned, run.request.dry_run));
  (void)applied;
  co_return Result<void>();
}

bool dependsOnFailed(const Component& component, const std::set<std::string>& failed) {
  if (component.name == "Base") return false;
  return failed.contains("Base") || (component.name != "Pilot" && failed.contains("Pilot"));
}

// Components in their order; one whose base is not there is not begun.
Task<Result<void>> installAll(Run& run) {
  std::set<std::string> failed;
  for (const Component& component : run.request.rendering.components) {
    if (dependsOnFailed(component, failed)) {
      run.progress.note(cat(component.title, ": not begun, since what they need did not come up"));
      failed.insert(component.name);
      continue;
    }
    const bool silent = run.request.dry_run;  // nothing is installed: only the summary speaks
    if (!silent) run.progress.begin(cat("Processing resources for ", component.title, "."));
    auto installed = co_await installComponent(run, component);
    if (installed) {
      if (!silent) run.progress.done(cat(component.title, " installed"));
      continue;
    }
    failed.insert(component.name);
    run.progress.failed(
        cat(component.title, " encountered an error: ", installed.error().message()));
  }
  if (!failed.empty())
    co_return fail(Code::kUnavailable,
                   "failed to install manifests: errors occurred during operation");
  co_return Result<void>();
}

}  // namespace

Task<Result<ClusterFacts>> readClusterFacts(io::World& world, client::ApiClient& api) {
  ClusterFacts out;
  const auto served = [&](std::string target) {
    return api.raw("GET", std::move(target), doc::Doc(), soon(world));
  };
  MESHKA_CO_TRY(const doc::Doc server, co_await served("/version"));
  std::string minor;  // "22", or "22+" of some providers
  for (const char c : server["minor"].text())
    if (c >= '0' && c <= '9') minor += c;
  out.kubernetes_minor = static_cast<int>(parseInt(minor).value_or(0));
  MESHKA_CO_TRY(const doc::Doc core, co_await served("/api/v1"));
  out.third_party_jwt = false;
  for (const Value resource : core["resources"].elements())
    if (resource["name"].text() == "serviceaccounts/token") out.third_party_jwt = true;
  MESHKA_CO_TRY(const doc::Doc groups, co_await served("/apis"));
  std::set<std::string> versions;
  for (const Value group : groups["groups"].elements()) {
    for (const Value version : group["versions"].elements())
      versions.emplace(version["groupVersion"].text());
  }
  out.policy_v1beta1 = versions.contains("policy/v1beta1");
  out.autoscaling_beta = versions.contains("autoscaling/v2beta1");
  co_return out;
}

Task<Result<InstallSummary>> install(io::World& world, client::ApiClient& api,
                                     InstallRequest request, ReadLog& read_log,
                                     InstallProgress& progress) {
  Run run{world, api, request, read_log, progress, {}};
  std::set<std::string> spaces{request.installation.ns};
  for (const Component& component : request.rendering.components) {
    for (const doc::Doc& object : component.objects) {
      if (object["metadata"]["namespace"].isString())
        spaces.emplace(object["metadata"]["namespace"].text());
    }
  }
  for (const std::string& ns : spaces) MESHKA_CO_CHECK(co_await ensureNamespace(run, ns));
  MESHKA_CO_CHECK(co_await installAll(run));
  if (!request.dry_run) progress.begin("Pruning removed resources");
  MESHKA_CO_CHECK(co_await prune(run));
  bool base = false;
  for (const Component& component : request.rendering.components) base |= component.name == "Base";
  if (base) MESHKA_CO_CHECK(co_await recordState(run));
  if (!request.dry_run) progress.done("Installation complete");
  co_return run.summary;
}

}  // namespace meshka::mesh
