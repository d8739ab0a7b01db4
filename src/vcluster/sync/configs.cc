#include "vcluster/sync/configs.h"

#include "base/strings.h"
#include "vcluster/lifecycle/resources.h"
#include "vcluster/limits.h"
#include "vcluster/translate/config.h"
#include "vcluster/translate/pod_volumes.h"

namespace meshka::vcluster {

using io::Task;

namespace {
std::string_view useKind(ConfigSyncer::Kind kind) {
  return kind == ConfigSyncer::Kind::kSecret ? "secret" : "configmap";
}
}  // namespace

std::vector<std::string> usesOfPod(doc::Value pod) {
  TranslatedPod noted;
  collectReferences(pod["spec"], noted);
  const std::string ns(pod["metadata"]["namespace"].text());
  PodContext context;
  doc::Draft spec(pod["spec"]);
  translateVolumes(spec, ns, context, noted);
  std::vector<std::string> out;
  for (const std::string& name : noted.config_maps) out.push_back(cat("configmap/", ns, "/", name));
  for (const std::string& name : noted.secrets) out.push_back(cat("secret/", ns, "/", name));
  return out;
}

ConfigSyncer::ConfigSyncer(SyncContext& context, Kind kind)
    : context_(context),
      kind_(kind),
      virtual_(kind == Kind::kSecret ? context.virtual_secrets : context.virtual_config_maps),
      host_(kind == Kind::kSecret ? context.host_secrets : context.host_config_maps),
      queue_(context.world.loop, context.world.rng, context.world.log,
             {.name = std::string(useKind(kind)) + "s", .workers = kSyncWorkers},
             [this](std::string key) { return sync(std::move(key)); }),
      feed_(context, &host_, virtual_, queue_),
      pod_handler_(*this) {
  context.virtual_pods.addHandler(pod_handler_);
}

void ConfigSyncer::onPodChange(const client::ObjectKey&, const doc::Doc& before,
                               const doc::Doc& after) {
  if (before.exists() && after.exists()) return;  // what a pod uses does not change
  const std::string prefix = cat(useKind(kind_), "/");
  for (const std::string& use : usesOfPod(after.exists() ? after : before)) {
    if (use.starts_with(prefix)) queue_.add(use.substr(prefix.size()));
  }
}

Task<Result<void>> ConfigSyncer::ensure(std::string ns, std::string name) {
  const doc::Doc* object = virtual_.get(ns, name);
  if (object == nullptr) co_return Result<void>();
  const client::Resource resource = kind_ == Kind::kSecret ? secrets() : configMaps();
  if (host_.get(context_.tenant().host_namespace, hostName(name, ns, context_.tenant())) != nullptr)
    co_return Result<void>();
  doc::Draft typed(*object);
  typed["kind"] = kind_ == Kind::kSecret ? "Secret" : "ConfigMap";
  co_return settled(co_await context_.host.create(
      resource, context_.tenant().host_namespace,
      hostConfig(typed.finish(), context_.tenant(), context_.owner), context_.callDeadline()));
}

Task<Result<void>> ConfigSyncer::sync(std::string text) {
  co_await context_.synced.wait();
  const client::ObjectKey key = client::ObjectKey::parse(text);
  const std::string host_name = hostName(key.name, key.ns, context_.tenant());
  const std::string& host_ns = context_.tenant().host_namespace;
  const client::Resource resource = kind_ == Kind::kSecret ? secrets() : configMaps();
  const doc::Doc* virt = virtual_.get(key.ns, key.name);
  const doc::Doc* host = host_.get(host_ns, host_name);
  const bool used =
      !context_.virtual_pods.byIndex(kUsesIndex, cat(useKind(kind_), "/", text)).empty();
  if (virt == nullptr || !used) {
    if (host == nullptr) co_return Result<void>();
    co_return settled(
        co_await context_.host.remove(resource, host_ns, host_name, {}, context_.callDeadline()));
  }
  if (host == nullptr) co_return co_await ensure(key.ns, key.name);
  doc::Draft typed(*virt);
  typed["kind"] = kind_ == Kind::kSecret ? "Secret" : "ConfigMap";
  const doc::Doc changed = updateHostConfig(*host, typed.finish(), context_.tenant());
  if (!changed.exists()) co_return Result<void>();
  co_return settled(
      co_await context_.host.update(resource, host_ns, changed, context_.callDeadline()));
}

}  // namespace meshka::vcluster
