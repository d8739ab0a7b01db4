#include "vcluster/sync/pods.h"

#include "base/strings.h"
#include "vcluster/lifecycle/resources.h"
#include "vcluster/limits.h"
#include "vcluster/translate/status.h"

namespace meshka::vcluster {

using doc::Draft;
using doc::Value;
using io::Task;

PodSyncer::PodSyncer(SyncContext& context, ConfigSyncer& config_maps, ConfigSyncer& secrets)
    : context_(context),
      config_maps_(config_maps),
      secrets_(secrets),
      tokens_(context),
      queue_(context.world.loop, context.world.rng, context.world.log,
             {.name = "pods", .workers = kSyncWorkers},
             [this](std::string key) { return sync(std::move(key)); }),
      feed_(context, &context.host_pods, context.virtual_pods, queue_),
      dns_handler_(*this) {
  context.virtual_services.addHandler(dns_handler_);
}

void PodSyncer::DnsHandler::onChange(const client::ObjectKey& key, const doc::Doc& before,
                                     const doc::Doc& after) {
  if (key.ns != kDnsNamespace || key.name != kDnsService) return;
  if (!after.exists() || before["spec"]["clusterIP"] == after["spec"]["clusterIP"]) return;
  for (const doc::Doc& pod : syncer.context_.virtual_pods.list())
    syncer.queue_.add(client::ObjectKey::of(pod).toString());
}

Task<Result<void>> PodSyncer::sync(std::string text) {
  co_await context_.synced.wait();
  const client::ObjectKey key = client::ObjectKey::parse(text);
  const doc::Doc* virt = context_.virtual_pods.get(key.ns, key.name);
  const doc::Doc* host = context_.host_pods.get(context_.tenant().host_namespace,
                                                hostName(key.name, key.ns, context_.tenant()));
  if (virt == nullptr) {
    if (host == nullptr || (*host)["metadata"]["deletionTimestamp"].exists())
      co_return Result<void>();
    co_return co_await removeHost(*host, std::nullopt);
  }
  const bool deleting = (*virt)["metadata"]["deletionTimestamp"].exists();
  if (host != nullptr) {
    // A pod of the same name that was recreated inside before the old one was gone here.
    if ((*host)["metadata"]["annotations"][kPodUid].text() != (*virt)["metadata"]["uid"].text()) {
      if ((*host)["metadata"]["deletionTimestamp"].exists()) co_return Result<void>();
      co_return co_await removeHost(*host, std::nullopt);
    }
    co_return co_await syncBoth(*virt, *host);
  }
  if (deleting) co_return co_await removeVirtual(*virt, 0);
  const std::string_view phase = (*virt)["status"]["phase"].text();
  if (phase == "Succeeded" || phase == "Failed") co_return Result<void>();
  if (!(*virt)["spec"]["nodeName"].text().empty()) co_return co_await removeVirtual(*virt, 0);
  co_return co_await create(*virt);
}

Result<PodContext> PodSyncer::contextFor(Value pod) {
  const doc::Doc* dns = context_.virtual_services.get(kDnsNamespace, kDnsService);
  if (dns == nullptr || (*dns)["spec"]["clusterIP"].text().empty()) {
    return fail(Code::kUnavailable, "the DNS service has no address yet");
  }
  const std::string_view ns = pod["metadata"]["namespace"].text();
  PodContext out;
  out.tenant = context_.tenant();
  out.owner = context_.owner;
  out.kubernetes_ip = context_.kubernetes_ip;
  out.dns_ip = (*dns)["spec"]["clusterIP"].text();
  out.cluster_domain = context_.config.cluster_domain;
  if (const doc::Doc* found = context_.virtual_namespaces.get("", ns))
    out.namespace_labels = (*found)["metadata"]["labels"];
  for (const doc::Doc& service : context_.virtual_services.list(ns)) {
    const std::string_view ip = service["spec"]["clusterIP"].text();
    if (ip.empty() || ip == "None" || service["metadata"]["name"].text() == "kubernetes") continue;
    // The collection holds the object while the pod is translated, which does not wait.
    out.services.push_back({std::string(service["metadata"]["name"].text()), std::string(ip),
                            service["spec"]["ports"]});
  }
  return out;
}

Task<Result<void>> PodSyncer::create(doc::Doc pod) {
  if (context_.virtual_services.get(kDnsNamespace, kDnsService) == nullptr)
    co_return Result<void>();  // DnsHandler comes back
  MESHKA_CO_TRY(const PodContext pod_context, contextFor(pod));
  auto translated = translatePod(pod, pod_context);
  if (!translated) {
    co_await reportError(pod, translated.error().message());
    co_return Result<void>();  // the pod's own fault: nothing changes by trying again
  }
  const std::string ns(pod["metadata"]["namespace"].text());
  for (const std::string& name : translated->config_maps)
    MESHKA_CO_CHECK(co_await config_maps_.ensure(ns, name));
  for (const std::string& name : translated->secrets)
    MESHKA_CO_CHECK(co_await secrets_.ensure(ns, name));
  MESHKA_CO_CHECK(co_await tokens_.prepare(pod, *translated));
  auto made = co_await context_.host.create(pods(), context_.tenant().host_namespace,
                                            translated->pod, context_.callDeadline());
  if (made) co_return co_await tokens_.adopt(*made, translated->token_secret);
  if (made.error().code() == Code::kAlreadyExists)
    co_return Result<void>();  // its event is on the way
  co_await reportError(pod, made.error().message());
  co_return fail(made.error());
}

Task<Result<void>> PodSyncer::syncBoth(doc::Doc virt, doc::Doc host) {
  const std::string ns(virt["metadata"]["namespace"].text());
  const std::string name(virt["metadata"]["name"].text());
  const bool virtual_deleting = virt["metadata"]["deletionTimestamp"].exists();
  const bool host_deleting = host["metadata"]["deletionTimestamp"].exists();
  if (virtual_deleting && !host_deleting) {
    MESHKA_CO_CHECK(
        co_await removeHost(host, virt["metadata"]["deletionGracePeriodSeconds"].integer(30)));
  }
  if (host_deleting && !virtual_deleting) {
    MESHKA_CO_CHECK(
        co_await removeVirtual(virt, host["metadata"]["deletionGracePeriodSeconds"].integer(30)));
  }
  const std::string_view node = host["spec"]["nodeName"].text();
  if (!node.empty() && virt["spec"]["nodeName"].text().empty()) {
    Draft binding = Draft::object({{"apiVersion", "v1"}, {"kind", "Binding"}});
    binding["metadata"] =
        Draft::object({{"name", name}, {"namespace", ns}, {"uid", virt["metadata"]["uid"]}});
    binding["target"] = Draft::object({{"apiVersion", "v1"}, {"kind", "Node"}, {"name", node}});
    auto bound = co_await context_.virt.subresource("POST", pods(), ns, name, "binding",
                                                    binding.finish(), context_.callDeadline());
    co_return settled(std::move(bound));  // the bound pod's event continues
  }
  tokens_.watch(client::ObjectKey{ns, name});
  if (const doc::Doc changed = adoptPodStatus(virt, host); changed.exists()) {
    co_return settled(co_await context_.virt.subresource("PUT", pods(), ns, name, "status", changed,
                                                         context_.callDeadline()));
  }
  if (virtual_deleting || host_deleting) co_return Result<void>();
  MESHKA_CO_TRY(const PodContext pod_context, contextFor(virt));
  if (const doc::Doc changed = updateHostPod(host, virt, pod_context); changed.exists()) {
    co_return settled(co_await context_.host.update(pods(), context_.tenant().host_namespace,
                                                    changed, context_.callDeadline()));
  }
  co_return Result<void>();
}

Task<Result<void>> PodSyncer::removeHost(doc::Doc host, std::optional<int64_t> grace_seconds) {
  client::DeleteOptions options;
  options.grace_seconds = grace_seconds;
  options.uid = host["metadata"]["uid"].text();
  co_return settled(co_await context_.host.remove(pods(), context_.tenant().host_namespace,
                                                  std::string(host["metadata"]["name"].text()),
                                                  options, context_.callDeadline()));
}

Task<Result<void>> PodSyncer::removeVirtual(doc::Doc virt, int64_t grace_seconds) {
  client::DeleteOptions options;
  options.grace_seconds = grace_seconds;
  options.uid = virt["metadata"]["uid"].text();
  co_return settled(co_await context_.virt.remove(
      pods(), std::string(virt["metadata"]["namespace"].text()),
      std::string(virt["metadata"]["name"].text()), options, context_.callDeadline()));
}

Task<void> PodSyncer::reportError(doc::Doc pod, std::string message) {
  const Value meta = pod["metadata"];
  const std::string now = toRfc3339(context_.world.clock().wall());
  Draft event = Draft::object(
      {{"apiVersion", "v1"}, {"kind", "Event"}, {"type", "Warning"}, {"reason", "SyncError"}});
  event["metadata"] = Draft::object(
      {{"generateName", cat(meta["name"].text(), ".")}, {"namespace", meta["namespace"]}});
  event["message"] = cat("Error syncing to the host cluster: ", message);
  event["firstTimestamp"] = now;
  event["lastTimestamp"] = now;
  event["count"] = 1;
  event["source"] = Draft::object({{"component", "pod-syncer"}});
  event["involvedObject"] = Draft::object({{"apiVersion", "v1"},
                                           {"kind", "Pod"},
                                           {"name", meta["name"]},
                                           {"namespace", meta["namespace"]},
                                           {"uid", meta["uid"]}});
  const auto made = co_await context_.virt.create(events(), std::string(meta["namespace"].text()),
                                                  event.finish(), context_.callDeadline());
  if (!made)
    context_.world.log.warn("event not recorded",
                            {{"pod", meta["name"].text()}, {"error", made.error().message()}});
}

}  // namespace meshka::vcluster
