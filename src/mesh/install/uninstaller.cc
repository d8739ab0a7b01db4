// Finding and removing what an installation left in a cluster.
#include "base/strings.h"
#include "mesh/install/installer.h"
#include "mesh/install/limits.h"
#include "mesh/install/owner.h"

namespace meshka::mesh {

using io::Task;

namespace {

// Objects of one kind that the request means; a kind that the server does not have has none.
Task<Result<void>> collect(io::World& world, client::ApiClient& api, OwnedKind kind,
                           std::string selector, std::vector<Removal>& out) {
  client::ListOptions options;
  options.label_selector = std::move(selector);
  auto listed =
      co_await api.list(kind.resource, "", options, world.clock().now() + kInstallCallTimeout);
  if (!listed && listed.error().code() == Code::kNotFound) co_return Result<void>();
  if (!listed) co_return fail(listed.error().with(cat("list ", kind.resource.name)));
  for (const doc::Doc& object : listed->items) {
    out.push_back({kind.resource, std::string(kind.kind),
                   std::string(object["metadata"]["namespace"].text()),
                   std::string(object["metadata"]["name"].text())});
  }
  co_return Result<void>();
}

}  // namespace

Task<Result<std::vector<Removal>>> findInstalled(io::World& world, client::ApiClient& api,
                                                 UninstallRequest request) {
  std::string selector(kOwnerComponent);
  if (!request.purge) selector += cat(",", kRevisionLabel, "=", request.revision);
  if (!request.owning_resource.empty())
    selector += cat(",", kOwningResource, "=", request.owning_resource);
  std::vector<Removal> out;
  for (OwnedKind& kind : ownedKinds())
    MESHKA_CO_CHECK(co_await collect(world, api, std::move(kind), selector, out));
  if (!request.purge) co_return out;
  OwnedKind crds{"CustomResourceDefinition",
                 {"apiextensions.k8s.io", "v1", "customresourcedefinitions"},
                 false};
  MESHKA_CO_CHECK(co_await collect(world, api, std::move(crds), selector, out));
  co_return out;
}

Task<Result<void>> removeInstalled(io::World& world, client::ApiClient& api,
                                   std::vector<Removal> removals, InstallProgress& progress) {
  client::DeleteOptions options;
  options.propagation = "Background";
  for (const Removal& removal : removals) {
    auto removed = co_await api.remove(removal.resource, removal.ns, removal.name, options,
                                       world.clock().now() + kInstallCallTimeout);
    if (!removed && removed.error().code() == Code::kNotFound) continue;
    if (!removed)
      co_return fail(removed.error().with(cat("remove ", removal.kind, " ", removal.name)));
    progress.note(cat("  Removed ", removal.kind, ":", removal.ns, ":", removal.name, "."));
  }
  co_return Result<void>();
}

}  // namespace meshka::mesh
