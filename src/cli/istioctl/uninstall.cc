// istioctl x uninstall.
#include "base/strings.h"
#include "cli/istioctl/progress.h"
#include "cli/istioctl/run.h"

namespace meshka::cli::istioctl {

using io::Task;

namespace {

Task<Result<mesh::UninstallRequest>> requestOf(Invocation run) {
  mesh::UninstallRequest out;
  out.purge = run.flags.on("purge");
  std::string revision = run.flags.get("revision");
  for (const std::string& set : run.flags.all("set"))
    if (set.starts_with("revision=")) revision = set.substr(9);
  const bool files = run.flags.given("filename");
  if (!out.purge && revision.empty() && !files)
    co_return fail(Code::kInvalid,
                   "at least one of the --revision (or --set revision=<revision>), --filename or "
                   "--purge flags must be set");
  if (files && !out.purge) {
    MESHKA_CO_TRY(const mesh::OperatorInput input, co_await operatorInput(run.context, run.flags));
    MESHKA_CO_TRY(const mesh::Installation merged, mesh::mergeOperator(input));
    out.owning_resource = merged.name.empty() ? "unknown" : merged.name;
    if (revision.empty()) revision = merged.revision;
  }
  out.revision = revision.empty() ? "default" : revision;
  co_return out;
}

void announce(Console& console, const mesh::UninstallRequest& request,
              const std::vector<mesh::Removal>& removals) {
  if (request.purge) {
    console.err("All Istio resources will be pruned from the cluster\n\n");
    return;
  }
  std::string gateways;
  for (const mesh::Removal& removal : removals) {
    if (removal.kind == "Deployment" && !removal.name.starts_with("istiod"))
      gateways += cat(gateways.empty() ? "" : ", ", removal.name);
  }
  if (!gateways.empty())
    console.err(
        cat("You are about to remove the following gateways: ", gateways,
            ". To avoid downtime, please quit this command and reinstall the gateway(s) with "
            "a revision that is not being removed from the cluster.\n"));
}

}  // namespace

Task<Result<int>> uninstall(Invocation run) {
  io::World& world = run.context.world;
  Console& console = run.context.console;
  MESHKA_CO_TRY(const mesh::UninstallRequest request, co_await requestOf(run));
  MESHKA_CO_TRY(const ClusterAccess access, co_await clusterOf(run.context, run.flags));
  auto removals = co_await mesh::findInstalled(world, *access.api, request);
  if (!removals) co_return fail(explainUnreachable(access, removals.error()));
  if (removals->empty()) {
    console.err(
        "No resources will be pruned from the cluster. Please double check the input configs\n");
    co_return kOk;
  }
  announce(console, request, *removals);
  if (run.flags.on("dry-run")) {
    for (const mesh::Removal& removal : *removals)
      console.err(cat("  Would remove ", removal.kind, ":", removal.ns, ":", removal.name, ".\n"));
    co_return kOk;
  }
  if (!run.flags.on("skip-confirmation") && !confirmed(console, "Proceed? (y/N) ")) {
    console.err("Cancelled.\n");
    co_return kFailed;
  }
  ConsoleProgress progress(console, terminalColumns());
  auto removed = co_await mesh::removeInstalled(world, *access.api, std::move(*removals), progress);
  if (!removed) co_return fail(explainUnreachable(access, removed.error()));
  progress.done("Uninstall complete");
  co_return kOk;
}

}  // namespace meshka::cli::istioctl
