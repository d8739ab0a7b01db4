#include "apiserver/crd.h"

#include <algorithm>

#include "apiserver/crd_status.h"
#include "apiserver/limits.h"
#include "base/strings.h"
#include "schema/crd.h"
#include "schema/field_error.h"

namespace meshka::apiserver {

namespace {

constexpr std::string_view kGroup = "apiextensions.k8s.io";
constexpr std::string_view kPlural = "customresourcedefinitions";
constexpr size_t kMaxCleanups = 64;
const client::Resource kCrds{std::string(kGroup), "v1", std::string(kPlural)};

}  // namespace

// Wakes whoever waits for the last instance to go.
class CrdController::Instances final : public store::Watcher {
 public:
  explicit Instances(io::Loop& loop) : changed(loop) {}
  void onEvents(const std::vector<const store::Event*>&) override { changed.set(); }
  io::Event changed;
};

CrdController::CrdController(io::World world, const Objects& objects, api::Registry& registry)
    : world_(world), objects_(objects), registry_(registry), tasks_(world.loop, kMaxCleanups) {}
CrdController::~CrdController() = default;

Result<void> CrdController::start(std::unique_ptr<client::ApiClient> client) {
  client_ = std::move(client);
  const store::Range range{objects_.cluster(), cat(kGroup, "/", kPlural), std::nullopt};
  MESHKA_TRY(const store::Page page, objects_.store().list(range));
  MESHKA_TRY(subscription_, objects_.store().watch(range, page.revision, *this));
  for (const store::Item& item : page.items) take(item.value);
  return {};
}

void CrdController::onEvents(const std::vector<const store::Event*>& events) {
  for (const store::Event* e : events) {
    if (e->type == store::EventType::kPut) {
      // A status update changes nothing that is served.
      if (e->previous && (*e->previous)["spec"] == e->item.value["spec"] &&
          established(*e->previous) == established(e->item.value) &&
          !e->item.value["metadata"]["deletionTimestamp"].exists()) {
        continue;
      }
      take(e->item.value);
    } else {
      registry_.removeCustom(e->item.key.name);
      cleaning_.erase(e->item.key.name);
    }
  }
}

void CrdController::take(const doc::Doc& crd) {
  const std::string name(crd["metadata"]["name"].text());
  if (established(crd)) {
    auto compiled = schema::compileCrd(crd);
    Result<void> put =
        compiled ? registry_.putCustom(std::move(*compiled)) : std::unexpected(compiled.error());
    if (!put)
      world_.log.warn("a custom resource definition is not served",
                      {{"crd", name}, {"error", put.error().message()}});
  }
  if (crd["metadata"]["deletionTimestamp"].exists() && hasCleanupFinalizer(crd) &&
      !cleaning_[name]) {
    cleaning_[name] = tasks_.spawn(cleanUp(crd));
  }
}

io::Task<void> CrdController::cleanUp(doc::Doc crd) {
  const std::string name(crd["metadata"]["name"].text());
  const doc::Value names = crd["spec"]["names"];
  const client::Resource resource{std::string(crd["spec"]["group"].text()), servedVersion(crd),
                                  std::string(names["plural"].text())};
  const store::Range range{objects_.cluster(), cat(resource.group, "/", resource.name),
                           std::nullopt};
  Instances instances(world_.loop);
  auto subscription = objects_.store().watch(range, objects_.store().current(), instances);
  while (true) {
    instances.changed.reset();
    auto page = objects_.store().list(range);
    if (!page || page->items.empty()) break;
    const Instant deadline = world_.clock().now() + kRequestTimeout;
    for (const store::Item& item : page->items) {
      if (item.value["metadata"]["deletionTimestamp"].exists()) continue;
      auto removed = co_await client_->remove(resource, item.key.ns, item.key.name, {}, deadline);
      if (!removed && removed.error().code() != Code::kNotFound) {
        world_.log.warn(
            "an instance cannot be deleted",
            {{"crd", name}, {"name", item.key.name}, {"error", removed.error().message()}});
      }
    }
    (void)co_await instances.changed.wait();
  }
  const Instant deadline = world_.clock().now() + kRequestTimeout;
  auto current = co_await client_->get(kCrds, "", name, deadline);
  if (!current) co_return;
  doc::Draft draft(*current);
  removeCleanupFinalizer(draft);
  auto updated = co_await client_->update(kCrds, "", draft.finish(), deadline);
  if (!updated) {
    cleaning_[name] = false;
    world_.log.warn("a custom resource definition cannot be finalized",
                    {{"crd", name}, {"error", updated.error().message()}});
  }
}

namespace {

class CrdAdmission final : public AdmissionPlugin {
 public:
  CrdAdmission(const Objects& objects, const io::Clock& clock) : objects_(objects), clock_(clock) {}

  Result<void> mutate(AdmissionRequest& request) override {
    if (!applies(request) || request.operation != Operation::kCreate) return {};
    doc::Draft draft(request.object);
    completeNames(draft);
    if (!hasCleanupFinalizer(request.object))
      draft["metadata"]["finalizers"].push(kCleanupFinalizer);
    draft.erase("status");
    request.object = draft.finish();
    return {};
  }

  Result<void> validate(const AdmissionRequest& request) override {
    if (!applies(request)) return {};
    std::vector<Cause> causes = schema::checkCrd(request.object, request.old_object);
    if (causes.empty()) return {};
    return fail(
        schema::invalidObject(kGroup, "CustomResourceDefinition", request.name, std::move(causes)));
  }

  Result<void> reserve(AdmissionRequest& request) override {
    if (!applies(request)) return {};
    request.object = withCrdStatus(objects_.registry(), request.object, clock_.wall());
    return {};
  }

 private:
  static bool applies(const AdmissionRequest& request) {
    return request.is(kGroup, kPlural) && request.subresource.empty() && request.object.exists() &&
           request.operation != Operation::kDelete;
  }
  const Objects& objects_;
  const io::Clock& clock_;
};

}  // namespace

std::unique_ptr<AdmissionPlugin> newCrdAdmission(const Objects& objects, const io::Clock& clock) {
  return std::make_unique<CrdAdmission>(objects, clock);
}

}  // namespace meshka::apiserver
