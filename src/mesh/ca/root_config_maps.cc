#include "mesh/ca/root_config_maps.h"

#include <algorithm>

#include "base/strings.h"
#include "mesh/ca/limits.h"

namespace meshka::mesh {
namespace {

const client::Resource kConfigMaps{"", "v1", "configmaps"};
constexpr std::string_view kSystemNamespaces[] = {"kube-system", "kube-public", "kube-node-lease",
                                                  "local-path-storage"};

}  // namespace

struct RootConfigMaps::OnNamespace final : client::CollectionHandler {
  explicit OnNamespace(RootConfigMaps& o) : owner(o) { owner.namespaces_.addHandler(*this); }
  ~OnNamespace() override { owner.namespaces_.removeHandler(*this); }
  void onChange(const client::ObjectKey& key, const doc::Doc&, const doc::Doc&) override {
    owner.queue_.add(key.name);
  }
  RootConfigMaps& owner;
};

RootConfigMaps::RootConfigMaps(io::World& world, client::ApiClient& api,
                               client::Collection& namespaces, Callback progress)
    : world_(world),
      api_(api),
      namespaces_(namespaces),
      progress_(std::move(progress)),
      queue_(world.loop, world.rng, world.log, {.name = "root config maps"},
             [this](std::string ns) { return repair(std::move(ns)); }) {
  config_maps_ = client::makeCollection(world.loop, world.rng, world.log, api, kConfigMaps,
                                        {.field_selector = cat("metadata.name=", kRootConfigMap)});
  config_maps_->addHandler(*this);
  on_namespace_ = std::make_unique<OnNamespace>(*this);
}

RootConfigMaps::~RootConfigMaps() {
  config_maps_->removeHandler(*this);
}

bool RootConfigMaps::serves(std::string_view ns) const {
  if (std::ranges::find(kSystemNamespaces, ns) != std::end(kSystemNamespaces)) return false;
  const doc::Doc* found = namespaces_.get("", ns);
  return found != nullptr && !(*found)["metadata"]["deletionTimestamp"].exists();
}

void RootConfigMaps::onRoots(const std::string& bundle) {
  bundle_ = bundle;
  for (const doc::Doc& ns : namespaces_.list()) {
    queue_.add(std::string(ns["metadata"]["name"].text()));
  }
}

bool RootConfigMaps::rootsSettled() const {
  if (bundle_.empty() || !namespaces_.hasSynced() || !config_maps_->hasSynced()) return false;
  for (const doc::Doc& ns : namespaces_.list()) {
    const std::string_view name = ns["metadata"]["name"].text();
    if (!serves(name)) continue;
    const doc::Doc* there = config_maps_->get(name, kRootConfigMap);
    if (there == nullptr || (*there)["data"]["root-cert.pem"].text() != bundle_) return false;
  }
  return true;
}

void RootConfigMaps::onChange(const client::ObjectKey& key, const doc::Doc&, const doc::Doc&) {
  queue_.add(key.ns);
  progress_();
}

void RootConfigMaps::onSynced() {
  onRoots(std::string(bundle_));
}

io::Task<Result<void>> RootConfigMaps::repair(std::string ns) {
  // Before the first list an existing one would look absent; its arrival adds the key again.
  if (bundle_.empty() || !config_maps_->hasSynced() || !serves(ns)) co_return Result<void>();
  doc::Draft wanted = doc::Draft::object();
  const doc::Doc* there = config_maps_->get(ns, kRootConfigMap);
  if (there != nullptr) {
    if ((*there)["data"]["root-cert.pem"].text() == bundle_ && (*there)["data"].size() == 1)
      co_return Result<void>();
    wanted = doc::Draft(*there);
  }
  wanted["apiVersion"] = "v1";
  wanted["kind"] = "ConfigMap";
  wanted["metadata"]["name"] = kRootConfigMap;
  wanted["metadata"]["namespace"] = ns;
  wanted["metadata"]["labels"]["istio.io/config"] = "true";
  wanted["data"] = doc::Draft::object({{"root-cert.pem", doc::Draft(bundle_)}});
  const Instant deadline = world_.clock().now() + kSecretCallTimeout;
  const auto written = there == nullptr
                           ? co_await api_.create(kConfigMaps, ns, wanted.finish(), deadline)
                           : co_await api_.update(kConfigMaps, ns, wanted.finish(), deadline);
  if (written) co_return Result<void>();
  const Code code = written.error().code();
  // Changed, made or removed meanwhile: the watch brings what is there now.
  if (code == Code::kConflict || code == Code::kAlreadyExists || code == Code::kNotFound ||
      code == Code::kForbidden) {
    co_return code == Code::kForbidden&& serves(ns) ? Result<void>(fail(written.error()))
                                                    : Result<void>();
  }
  co_return fail(written.error());
}

}  // namespace meshka::mesh
