#include "mesh/istiod/webhook_configs.h"

#include "base/strings.h"
#include "mesh/istiod/limits.h"

namespace meshka::mesh {
namespace {

const client::Resource kMutating{"admissionregistration.k8s.io", "v1",
                                 "mutatingwebhookconfigurations"};
const client::Resource kValidating{"admissionregistration.k8s.io", "v1",
                                   "validatingwebhookconfigurations"};
constexpr std::string_view kMutatingPrefix = "mutating/";
constexpr std::string_view kValidatingPrefix = "validating/";

bool hasBundle(doc::Value configuration, std::string_view bundle) {
  for (const doc::Value webhook : configuration["webhooks"].elements()) {
    if (webhook["clientConfig"]["caBundle"].text() != bundle) return false;
  }
  return true;
}

bool failsOpen(doc::Value configuration) {
  for (const doc::Value webhook : configuration["webhooks"].elements()) {
    if (webhook["failurePolicy"].text() == "Ignore") return true;
  }
  return false;
}

}  // namespace

WebhookConfigs::WebhookConfigs(io::World& world, client::ApiClient& api, std::string root_namespace,
                               std::string revision, Callback progress)
    : world_(world),
      api_(api),
      root_namespace_(std::move(root_namespace)),
      progress_(std::move(progress)),
      queue_(world.loop, world.rng, world.log, {.name = "webhook configurations", .workers = 1},
             [this](std::string key) { return work(std::move(key)); }) {
  const client::CollectionOptions mine{.label_selector = cat("istio.io/rev=", revision)};
  mutating_ = client::makeCollection(world.loop, world.rng, world.log, api, kMutating, mine);
  validating_ = client::makeCollection(world.loop, world.rng, world.log, api, kValidating, mine);
  mutating_->addHandler(*this);
  validating_->addHandler(*this);
}

WebhookConfigs::~WebhookConfigs() {
  mutating_->removeHandler(*this);
  validating_->removeHandler(*this);
}

void WebhookConfigs::enqueueAll() {
  for (const doc::Doc& c : mutating_->list()) {
    queue_.add(cat(kMutatingPrefix, c["metadata"]["name"].text()));
  }
  for (const doc::Doc& c : validating_->list()) {
    queue_.add(cat(kValidatingPrefix, c["metadata"]["name"].text()));
  }
  progress_();
}

void WebhookConfigs::onRoots(const std::string& bundle) {
  bundle_ = base64Encode(bundle);
  enqueueAll();
}

void WebhookConfigs::startServing() {
  serving_ = true;
  enqueueAll();
}

void WebhookConfigs::onChange(const client::ObjectKey&, const doc::Doc&, const doc::Doc&) {
  enqueueAll();
}

bool WebhookConfigs::rootsSettled() const {
  if (bundle_.empty() || !mutating_->hasSynced() || !validating_->hasSynced()) return false;
  for (const client::Collection* all : {mutating_.get(), validating_.get()}) {
    for (const doc::Doc& c : all->list()) {
      if (!hasBundle(c, bundle_)) return false;
    }
  }
  return true;
}

io::Task<Result<void>> WebhookConfigs::work(std::string key) {
  if (bundle_.empty()) co_return Result<void>();
  const bool validating = key.starts_with(kValidatingPrefix);
  const std::string name = key.substr(key.find('/') + 1);
  const client::Collection& all = validating ? *validating_ : *mutating_;
  const doc::Doc* there = all.get("", name);
  if (there == nullptr) co_return Result<void>();
  const doc::Doc before = *there;
  const bool patch_bundle = !hasBundle(before, bundle_);
  bool close = false;
  // The second step, once the first one is through: the API must be able to reach us.
  if (validating && serving_ && !patch_bundle && failsOpen(before)) {
    if (!validation_works_) {
      MESHKA_CO_TRY(validation_works_, co_await validationWorks());
    }
    close = validation_works_;
  }
  if (!patch_bundle && !close) co_return Result<void>();
  doc::Draft after(before);
  doc::Draft& webhooks = after["webhooks"];
  for (size_t i = 0; i < webhooks.size(); ++i) {
    webhooks.at(i)["clientConfig"]["caBundle"] = bundle_;
    if (close) webhooks.at(i)["failurePolicy"] = "Fail";
  }
  const auto written = co_await api_.update(validating ? kValidating : kMutating, "",
                                            after.finish(), world_.clock().now() + kApiTimeout);
  if (!written && written.error().code() != Code::kConflict &&
      written.error().code() != Code::kNotFound) {
    co_return fail(written.error());
  }
  if (written) {
    world_.log.info(close ? "validation fails closed from now on" : "caBundle patched",
                    {{"configuration", name}});
  }
  co_return Result<void>();
}

// A Gateway without servers is refused by the rules; nothing is written even when it is not.
io::Task<Result<bool>> WebhookConfigs::validationWorks() {
  using doc::Draft;
  Draft gateway = Draft::object();
  gateway["apiVersion"] = "networking.istio.io/v1beta1";
  gateway["kind"] = "Gateway";
  gateway["metadata"]["name"] = "invalid-gateway";
  gateway["metadata"]["namespace"] = root_namespace_;
  gateway["spec"] = Draft::object();
  const auto answer =
      co_await api_.create({"networking.istio.io", "v1beta1", "gateways"}, root_namespace_,
                           gateway.finish(), world_.clock().now() + kApiTimeout, {.dry_run = true});
  if (answer) co_return fail(Code::kUnavailable, "validation does not answer yet");
  if (answer.error().message().find("configuration is invalid") != std::string::npos)
    co_return true;
  co_return fail(answer.error().with("validation cannot be tried yet"));
}

}  // namespace meshka::mesh
