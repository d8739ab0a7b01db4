#include "vcluster/lifecycle/remove.h"

#include <algorithm>

#include "base/strings.h"
#include "io/async.h"
#include "vcluster/chart/chart.h"
#include "vcluster/lifecycle/resources.h"
#include "vcluster/limits.h"

namespace meshka::vcluster {

using doc::Value;
using io::Task;

namespace {

// Everything that any values could have made.
std::vector<doc::Doc> allChartObjects(const Tenant& tenant) {
  ChartInput input;
  input.tenant = tenant;
  input.values.isolation = true;
  input.values.network_policy = input.values.resource_quota = input.values.limit_range = true;
  input.values.cluster_role = true;
  return chartObjects(input);
}

// Waits until no object of `resource` matches. Errors: kTimeout.
Task<Result<void>> waitUntilGone(io::World& world, client::ApiClient& host,
                                 client::Resource resource, std::string ns, std::string selector,
                                 Instant deadline) {
  client::ListOptions options;
  options.label_selector = selector;
  for (;;) {
    auto listed = co_await host.list(resource, ns, options, deadline);
    if (!listed) co_return fail(listed.error());
    if (listed->items.empty()) co_return Result<void>();
    if (world.clock().now() >= deadline) {
      co_return fail(Code::kTimeout,
                     cat(listed->items.size(), " ", resource.name, " still there in namespace ", ns,
                         ", first ", listed->items[0]["metadata"]["name"].text()));
    }
    client::ListOptions from = options;
    from.resource_version = listed->resource_version;
    auto stream = co_await host.watch(resource, ns, from, deadline);
    // One change at a time, then count again: these lists are short.
    if (stream) (void)co_await io::withDeadline(world.loop, deadline, (*stream)->next(), "watch");
  }
}

Task<Result<void>> removeNamespace(io::World& world, client::ApiClient& host, std::string ns,
                                   bool forced, Output& output) {
  const Instant deadline = world.clock().now() + kCallTimeout;
  auto found = co_await host.get(namespaces(), "", ns, deadline);
  if (!found)
    co_return found.error().code() == Code::kNotFound ? Result<void>() : fail(found.error());
  const bool made_by_us =
      (*found)["metadata"]["annotations"]["vcluster.loft.sh/created"].text() == "true";
  if (!made_by_us && !forced) co_return Result<void>();
  MESHKA_CO_CHECK(co_await host.remove(namespaces(), "", ns, {}, deadline));
  output.done(cat("Successfully deleted virtual cluster namespace ", ns));
  co_return Result<void>();
}

}  // namespace

Task<Result<void>> removeVirtualCluster(io::World& world, client::ApiClient& host,
                                        RemoveRequest request, Output& output) {
  const Tenant& tenant = request.tenant;
  const Instant deadline = world.clock().now() + kDeleteTimeout;
  auto set = co_await host.get(statefulSets(), tenant.host_namespace, tenant.name, deadline);
  if (!set && set.error().code() == Code::kNotFound) {
    co_return fail(Code::kNotFound, cat("release '", tenant.name, "' was not found in namespace '",
                                        tenant.host_namespace, "'"));
  }
  if (!set) co_return fail(set.error());
  const std::vector<doc::Doc> objects = allChartObjects(tenant);
  // The workload first: nothing syncs any more while the rest goes.
  for (auto it = objects.rbegin(); it != objects.rend(); ++it) {
    auto removed =
        co_await host.remove(resourceOf(*it), std::string((*it)["metadata"]["namespace"].text()),
                             std::string((*it)["metadata"]["name"].text()), {}, deadline);
    if (!removed && removed.error().code() != Code::kNotFound) co_return fail(removed.error());
  }
  for (const std::string& name : {cat("vc-", tenant.name), cat(tenant.name, "-certs")}) {
    (void)co_await host.remove(secrets(), tenant.host_namespace, name, {}, deadline);
  }
  const std::string managed = cat(kManagedBy, "=", tenant.name);
  MESHKA_CO_CHECK(co_await waitUntilGone(world, host, pods(), tenant.host_namespace,
                                         cat("app=vcluster,release=", tenant.name), deadline));
  for (const client::Resource& resource : {pods(), services(), configMaps(), secrets()}) {
    MESHKA_CO_CHECK(
        co_await waitUntilGone(world, host, resource, tenant.host_namespace, managed, deadline));
  }
  output.done(cat("Successfully deleted virtual cluster ", tenant.name, " in namespace ",
                  tenant.host_namespace));
  co_return co_await removeNamespace(world, host, tenant.host_namespace, request.delete_namespace,
                                     output);
}

Task<Result<std::vector<Listed>>> listVirtualClusters(io::World& world, client::ApiClient& host,
                                                      std::string ns) {
  client::ListOptions options;
  options.label_selector = "app=vcluster";
  const Instant deadline = world.clock().now() + kCallTimeout;
  MESHKA_CO_TRY(const client::ObjectList sets,
                co_await host.list(statefulSets(), ns, options, deadline));
  MESHKA_CO_TRY(const client::ObjectList running,
                co_await host.list(pods(), ns, options, deadline));
  std::vector<Listed> out;
  for (const doc::Doc& set : sets.items) {
    const Value meta = set["metadata"];
    Listed entry{std::string(meta["name"].text()), std::string(meta["namespace"].text()), "Unknown",
                 std::string(meta["creationTimestamp"].text())};
    if (set["spec"]["replicas"].integer(1) == 0) entry.status = "Paused";
    for (const doc::Doc& pod : running.items) {
      if (pod["metadata"]["namespace"].text() != entry.ns ||
          pod["metadata"]["labels"]["release"].text() != entry.name) {
        continue;
      }
      const Value waiting =
          pod["status"]["containerStatuses"][size_t{0}]["state"]["waiting"]["reason"];
      entry.status = waiting.text(pod["status"]["phase"].text("Unknown"));
      if (pod["metadata"]["deletionTimestamp"].exists()) entry.status = "Terminating";
    }
    out.push_back(std::move(entry));
  }
  co_return out;
}

}  // namespace meshka::vcluster
