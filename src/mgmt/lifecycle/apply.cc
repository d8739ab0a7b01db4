#include "mgmt/lifecycle/apply.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/strings.h"
#include "io/async.h"
#include "mgmt/chart/crds.h"
#include "mgmt/lifecycle/limits.h"
#include "mgmt/lifecycle/resources.h"

namespace meshka::mgmt {

using client::PatchType;
using doc::Doc;
using doc::Value;
using io::Task;

namespace {

struct Batch {
  std::vector<Doc> objects;
  Existing existing;
  size_t next = 0;
  WriteCount applied;
  std::vector<Doc> written;
  std::optional<Error> error;
};

std::string label(Value object) {
  return cat(toLower(object["kind"].text()), " \"", object["metadata"]["name"].text(), "\"");
}

Task<Result<bool>> applyOne(io::World& world, client::ApiClient& api, Doc object, Existing existing,
                            std::vector<Doc>& written) {
  const client::Resource resource = resources::ofObject(object);
  const std::string ns(object["metadata"]["namespace"].text());
  const std::string name(object["metadata"]["name"].text());
  const Instant deadline = world.clock().now() + kObjectTimeout;
  auto made = co_await api.create(resource, ns, object, deadline);
  if (made) {
    written.push_back(*made);
    co_return true;
  }
  if (made.error().code() != Code::kAlreadyExists) co_return fail(made.error());
  if (existing == Existing::kKeep) co_return false;
  // A Service's ports keep the node ports they were given only when they are merged one by one.
  const PatchType type =
      object["kind"].text() == "Service" ? PatchType::kStrategic : PatchType::kMerge;
  auto patched = co_await api.patch(resource, ns, name, type, object, deadline);
  if (!patched) co_return fail(patched.error());
  written.push_back(*patched);
  co_return false;
}

Task<void> applySome(io::World& world, client::ApiClient& api, Batch& batch) {
  while (batch.next < batch.objects.size() && !batch.error) {
    const Doc object = batch.objects[batch.next++];
    auto done = co_await applyOne(world, api, object, batch.existing, batch.written);
    if (!done) {
      if (!batch.error) batch.error = done.error().with(label(object));
    } else {
      ++(*done ? batch.applied.created : batch.applied.updated);
    }
  }
}

Task<Result<void>> runBatch(io::World& world, client::ApiClient& api, Batch& batch) {
  io::Group group(world.loop, kInstallWorkers);
  const size_t workers = std::min(kInstallWorkers, batch.objects.size());
  for (size_t i = 0; i < workers; ++i) (void)group.spawn(applySome(world, api, batch));
  co_await group.drain();
  if (batch.error) co_return fail(*batch.error);
  co_return Result<void>();
}

bool established(Value crd) {
  for (const Value c : crd["status"]["conditions"].elements()) {
    if (c["type"].text() == "Established") return c["status"].text() == "True";
  }
  return false;
}

Task<Result<void>> waitEstablished(io::World& world, client::ApiClient& api,
                                   std::set<std::string> pending) {
  const Instant deadline = world.clock().now() + kEstablishTimeout;
  const auto see = [&pending](Value crd) {
    if (established(crd)) pending.erase(std::string(crd["metadata"]["name"].text()));
  };
  while (!pending.empty()) {
    MESHKA_CO_TRY(const client::ObjectList all,
                  co_await api.list(resources::crds(), "", {}, deadline));
    for (const Doc& crd : all.items) see(crd);
    if (pending.empty()) break;
    client::ListOptions from;
    from.resource_version = all.resource_version;
    MESHKA_CO_TRY(const std::unique_ptr<client::WatchStream> stream,
                  co_await api.watch(resources::crds(), "", from, deadline));
    while (!pending.empty()) {
      auto event = co_await io::withDeadline(world.loop, deadline, stream->next(), "watch");
      if (!event && event.error().code() == Code::kTimeout) {
        co_return fail(Code::kTimeout, cat("customresourcedefinition \"", *pending.begin(),
                                           "\" is not established"));
      }
      if (!event || event->type == client::WatchEvent::Type::kError) break;  // list again
      see(event->object);
    }
  }
  co_return Result<void>();
}

}  // namespace

Task<Result<WriteCount>> applyAll(io::World& world, client::ApiClient& api,
                                  std::vector<Doc> objects, Existing existing) {
  Batch batch{.objects = std::move(objects), .existing = existing, .written = {}, .error = {}};
  MESHKA_CO_CHECK(co_await runBatch(world, api, batch));
  co_return batch.applied;
}

Task<Result<WriteCount>> applyCrds(io::World& world, client::ApiClient& api) {
  Batch batch{.objects = crdObjects(), .existing = Existing::kUpdate, .written = {}, .error = {}};
  MESHKA_CO_CHECK(co_await runBatch(world, api, batch));
  std::set<std::string> pending;
  for (const Doc& crd : batch.written) {
    if (!established(crd)) pending.emplace(crd["metadata"]["name"].text());
  }
  MESHKA_CO_CHECK(co_await waitEstablished(world, api, std::move(pending)));
  co_return batch.applied;
}

Task<Result<void>> removeObject(io::World& world, client::ApiClient& api, client::Resource resource,
                                std::string ns, std::string name) {
  auto removed = co_await api.remove(resource, ns, name, {}, world.clock().now() + kObjectTimeout);
  if (!removed && removed.error().code() != Code::kNotFound)
    co_return fail(removed.error().with(cat(resource.name, " \"", name, "\"")));
  co_return Result<void>();
}

Task<Result<void>> ensureNamespace(io::World& world, client::ApiClient& api, Doc ns) {
  const std::string name(ns["metadata"]["name"].text());
  auto found =
      co_await api.get(resources::namespaces(), "", name, world.clock().now() + kObjectTimeout);
  if (!found && found.error().code() != Code::kNotFound) co_return fail(found.error());
  if (found && (*found)["metadata"]["deletionTimestamp"].exists()) {
    co_return fail(Code::kConflict,
                   cat("namespace \"", name, "\" is being deleted; try again when it is gone"));
  }
  std::vector<Doc> one;
  one.push_back(std::move(ns));
  auto applied = co_await applyAll(world, api, std::move(one), Existing::kUpdate);
  if (!applied) co_return fail(applied.error());
  co_return Result<void>();
}

}  // namespace meshka::mgmt
