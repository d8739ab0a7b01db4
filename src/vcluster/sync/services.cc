#include "vcluster/sync/services.h"

#include <algorithm>

#include "base/strings.h"
#include "vcluster/lifecycle/resources.h"
#include "vcluster/limits.h"
#include "vcluster/translate/service.h"

namespace meshka::vcluster {

using io::Task;

Task<Result<doc::Doc>> ServiceGate::admitCreate(doc::Doc service, bool dry_run) {
  if (dry_run) co_return service;
  const doc::Doc wanted = hostService(service, tenant_, owner_);
  const Instant deadline = world_.clock().now() + kCallTimeout;
  auto made = co_await host_.create(services(), tenant_.host_namespace, wanted, deadline);
  if (!made && made.error().code() == Code::kAlreadyExists) {
    // Left over from a create that was not stored: take it.
    made = co_await host_.get(services(), tenant_.host_namespace,
                              std::string(wanted["metadata"]["name"].text()), deadline);
  }
  if (!made) {
    co_return fail(
        made.error().with(cat("host service for \"", service["metadata"]["name"].text(), "\"")));
  }
  const doc::Doc adopted = adoptAllocation(service, *made);
  co_return adopted.exists() ? adopted : service;
}

ServiceSyncer::ServiceSyncer(SyncContext& context)
    : context_(context),
      queue_(context.world.loop, context.world.rng, context.world.log,
             {.name = "services", .workers = kSyncWorkers},
             [this](std::string key) { return sync(std::move(key)); }),
      feed_(context, &context.host_services, context.virtual_services, queue_) {}

Task<Result<void>> ServiceSyncer::sync(std::string text) {
  co_await context_.synced.wait();
  const client::ObjectKey key = client::ObjectKey::parse(text);
  if (key.ns == "default" && key.name == "kubernetes")
    co_return Result<void>();  // the API server's own
  const std::string host_name = hostName(key.name, key.ns, context_.tenant());
  const std::string& host_ns = context_.tenant().host_namespace;
  const doc::Doc* virt = context_.virtual_services.get(key.ns, key.name);
  const doc::Doc* host = context_.host_services.get(host_ns, host_name);
  const bool gone = virt == nullptr || (*virt)["metadata"]["deletionTimestamp"].exists();
  if (gone) {
    if (host == nullptr) co_return Result<void>();
    if (virt == nullptr && !isAbandoned(text, *host)) co_return Result<void>();
    client::DeleteOptions options;
    options.uid = (*host)["metadata"]["uid"].text();
    co_return settled(co_await context_.host.remove(services(), host_ns, host_name, options,
                                                    context_.callDeadline()));
  }
  if (host == nullptr) {
    co_return settled(co_await context_.host.create(
        services(), host_ns, hostService(*virt, context_.tenant(), context_.owner),
        context_.callDeadline()));
  }
  co_return co_await syncBoth(*virt, *host);
}

bool ServiceSyncer::isAbandoned(const std::string& key, doc::Value host) {
  const auto made = parseRfc3339(host["metadata"]["creationTimestamp"].text());
  if (!made) return true;
  const Duration age = context_.world.clock().wall() - *made;
  if (age >= kAbandonedAfter) return true;
  // A host whose clock is ahead of ours makes nobody wait longer than for a new Service.
  queue_.addAfter(key, std::min(kAbandonedAfter - age, kAbandonedAfter));
  return false;
}

Task<Result<void>> ServiceSyncer::syncBoth(doc::Doc virt, doc::Doc host) {
  const std::string ns(virt["metadata"]["namespace"].text());
  if (const doc::Doc changed = updateHostService(host, virt, context_.tenant()); changed.exists()) {
    auto updated = co_await context_.host.update(services(), context_.tenant().host_namespace,
                                                 changed, context_.callDeadline());
    co_return settled(std::move(updated));  // the host's answer comes back as an event
  }
  if (const doc::Doc changed = adoptAllocation(virt, host); changed.exists()) {
    co_return settled(
        co_await context_.virt.update(services(), ns, changed, context_.callDeadline()));
  }
  if (const doc::Doc changed = adoptLoadBalancerStatus(virt, host); changed.exists()) {
    const std::string name(virt["metadata"]["name"].text());
    co_return settled(co_await context_.virt.subresource("PUT", services(), ns, name, "status",
                                                         changed, context_.callDeadline()));
  }
  co_return Result<void>();
}

EndpointsSyncer::EndpointsSyncer(SyncContext& context)
    : context_(context),
      queue_(context.world.loop, context.world.rng, context.world.log,
             {.name = "endpoints", .workers = kSyncWorkers},
             [this](std::string key) { return sync(std::move(key)); }),
      feed_(context, &context.host_endpoints, context.virtual_endpoints, queue_) {}

namespace {

// An address is the tenant's own when it is this control plane's or one of its pods'.
bool isOwnAddress(std::string_view address, const void* opaque) {
  const auto& context = *static_cast<const SyncContext*>(opaque);
  if (address == context.config.own_ip) return true;
  return !context.host_pods.byIndex("ip", address).empty();
}

}  // namespace

Task<Result<void>> EndpointsSyncer::sync(std::string text) {
  co_await context_.synced.wait();
  const client::ObjectKey key = client::ObjectKey::parse(text);
  if (key.ns == "default" && key.name == "kubernetes") co_return Result<void>();
  const std::string host_name = hostName(key.name, key.ns, context_.tenant());
  const std::string& host_ns = context_.tenant().host_namespace;
  const doc::Doc* service = context_.virtual_services.get(key.ns, key.name);
  const doc::Doc* virt = context_.virtual_endpoints.get(key.ns, key.name);
  const doc::Doc* host = context_.host_endpoints.get(host_ns, host_name);
  // With a selector the host's own controller makes them, from the translated selector.
  const bool wanted =
      virt != nullptr && service != nullptr && (*service)["spec"]["selector"].size() == 0;
  if (!wanted) {
    if (host == nullptr || (*host)["metadata"]["annotations"][kObjectName].text() != key.name ||
        virt != nullptr) {
      co_return Result<void>();
    }
    co_return settled(co_await context_.host.remove(endpoints(), host_ns, host_name, {},
                                                    context_.callDeadline()));
  }
  const doc::Doc object =
      hostEndpoints(*virt, context_.tenant(), context_.owner, isOwnAddress, &context_);
  if (host == nullptr) {
    co_return settled(
        co_await context_.host.create(endpoints(), host_ns, object, context_.callDeadline()));
  }
  if ((*host)["subsets"] == object["subsets"]) co_return Result<void>();
  doc::Draft changed(*host);
  if (object["subsets"].exists())
    changed["subsets"] = object["subsets"];
  else
    changed.erase("subsets");
  co_return settled(co_await context_.host.update(endpoints(), host_ns, changed.finish(),
                                                  context_.callDeadline()));
}

}  // namespace meshka::vcluster
