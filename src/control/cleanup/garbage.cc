#include "control/cleanup/garbage.h"

#include <map>
#include <set>

#include "base/strings.h"
#include "control/cleanup/content.h"

namespace meshka::control {

using doc::Draft;
using doc::Value;
using io::Task;

namespace {

// "GROUP VERSION PLURAL NS NAME": a work queue's key that finds one object again.
std::string encode(const client::Resource& r, const client::ObjectKey& key) {
  return cat(r.group, " ", r.version, " ", r.name, " ", key.ns, " ", key.name);
}

// Finalizers by which the API server leaves a deletion to us.
constexpr std::string_view kOrphan = "orphan";
constexpr std::string_view kForeground = "foregroundDeletion";

bool hasFinalizer(Value object, std::string_view finalizer) {
  if (!object["metadata"]["deletionTimestamp"].exists()) return false;
  for (const Value f : object["metadata"]["finalizers"].elements()) {
    if (f.text() == finalizer) return true;
  }
  return false;
}
bool waitsForUs(Value object) {
  return hasFinalizer(object, kOrphan) || hasFinalizer(object, kForeground);
}

class GarbageCollector final : public Controller {
 public:
  explicit GarbageCollector(Context& context)
      : context_(context),
        queue_(context.world.loop, context.world.rng, context.world.log,
               {.name = "garbage", .workers = kWorkers},
               [this](std::string key) { return sync(std::move(key)); }),
        crd_feed_(context.collection({"apiextensions.k8s.io", "v1", "customresourcedefinitions"}),
                  [this](const client::ObjectKey&, const doc::Doc&, const doc::Doc&) {
                    queue_.add(kDiscover);
                  }) {
    queue_.add(kDiscover);
  }

 private:
  static constexpr const char* kDiscover = "discover";

  // Events come and go by themselves and own nothing; reviews and the like are not stored.
  static bool isWatched(const client::Resource& r) {
    return r.name != "events" && r.name != "leases";
  }

  Task<Result<void>> discover() {
    MESHKA_CO_TRY(const std::vector<ServedKind> kinds, co_await discoverKinds(context_));
    std::set<client::Resource> served;
    for (const ServedKind& kind : kinds) {
      if (!isWatched(kind.resource)) continue;
      served.insert(kind.resource);
      if (feeds_.contains(kind.resource)) continue;
      client::Collection& collection = context_.collection(kind.resource);
      feeds_.emplace(
          kind.resource,
          std::make_unique<Feed>(
              collection, [this, r = kind.resource](const client::ObjectKey& key,
                                                    const doc::Doc& before, const doc::Doc& after) {
                onChange(r, key, before, after);
              }));
    }
    std::erase_if(feeds_, [&](const auto& entry) { return !served.contains(entry.first); });
    co_return Result<void>();
  }

  void onChange(const client::Resource& r, const client::ObjectKey& key, const doc::Doc& before,
                const doc::Doc& after) {
    const std::string place = encode(r, key);
    if (before.exists()) {
      for (const Value reference : before["metadata"]["ownerReferences"].elements()) {
        auto& dependents = dependents_[std::string(reference["uid"].text())];
        dependents.erase(place);
        if (dependents.empty()) dependents_.erase(std::string(reference["uid"].text()));
      }
    }
    if (after.exists()) {
      live_[std::string(after["metadata"]["uid"].text())] = place;
      for (const Value reference : after["metadata"]["ownerReferences"].elements()) {
        dependents_[std::string(reference["uid"].text())].insert(place);
      }
      // An owner that is not known may have been gone before its dependent was seen.
      const bool new_dependent =
          after["metadata"]["ownerReferences"].size() > 0 && !before.exists();
      if (new_dependent || waitsForUs(after)) queue_.add(place);
      return;
    }
    const std::string uid(before["metadata"]["uid"].text());
    live_.erase(uid);
    // An owner that is deleted in the foreground may have waited for this one.
    for (const Value reference : before["metadata"]["ownerReferences"].elements()) {
      const auto owner = live_.find(std::string(reference["uid"].text()));
      if (owner != live_.end()) queue_.add(owner->second);
    }
    if (const auto found = dependents_.find(uid); found != dependents_.end()) {
      for (const std::string& dependent : found->second) queue_.add(dependent);
    }
  }

  Task<Result<bool>> ownerExists(Value reference, std::string ns) {
    const std::string uid(reference["uid"].text());
    if (live_.contains(uid)) co_return true;
    // The collections may lag behind: the API decides.
    const std::string_view version = reference["apiVersion"].text();
    const size_t slash = version.find('/');
    const std::string group(slash == version.npos ? "" : version.substr(0, slash));
    const std::string name(slash == version.npos ? version : version.substr(slash + 1));
    const std::string path = group.empty() ? cat("/api/", name) : cat("/apis/", group, "/", name);
    auto list = co_await context_.client.raw("GET", path, doc::Doc(), context_.deadline());
    if (!list && list.error().code() != Code::kNotFound) co_return fail(list.error());
    if (!list) co_return true;  // a group that is not served (yet): nothing is concluded from that
    for (const Value resource : (*list)["resources"].elements()) {
      if (resource["kind"].text() != reference["kind"].text() ||
          resource["name"].text().find('/') != std::string_view::npos)
        continue;
      auto owner =
          co_await context_.client.get({group, name, std::string(resource["name"].text())},
                                       resource["namespaced"].boolean() ? ns : "",
                                       std::string(reference["name"].text()), context_.deadline());
      if (owner) co_return (*owner)["metadata"]["uid"].text() == uid;
      if (owner.error().code() == Code::kNotFound) co_return false;
      co_return fail(owner.error());
    }
    co_return true;
  }

  // An object of the graph, as its collection has it.
  struct Place {
    client::Resource resource;
    doc::Doc object;  // missing: gone
  };
  Place find(const std::string& place) {
    const auto parts = split(place, ' ');
    Place out{{std::string(parts[0]), std::string(parts[1]), std::string(parts[2])}, {}};
    const doc::Doc* found = context_.collection(out.resource).get(parts[3], parts[4]);
    if (found != nullptr) out.object = *found;
    return out;
  }
  std::vector<Place> dependentsOf(Value owner) {
    std::vector<Place> out;
    const auto found = dependents_.find(std::string(owner["metadata"]["uid"].text()));
    if (found == dependents_.end()) return out;
    for (const std::string& place : found->second) {
      if (Place dependent = find(place); dependent.object.exists())
        out.push_back(std::move(dependent));
    }
    return out;
  }

  // A list of the metadata replaced, if the object is still the one that was looked at.
  Task<Result<void>> replaceList(client::Resource resource, doc::Doc object, std::string field,
                                 Draft list) {
    const client::ObjectKey key = client::ObjectKey::of(object);
    Draft patch = Draft::object();
    patch["metadata"][field] = std::move(list);
    patch["metadata"]["uid"] = object["metadata"]["uid"];
    patch["metadata"]["resourceVersion"] = object["metadata"]["resourceVersion"];
    const auto done = co_await context_.client.patch(
        resource, key.ns, key.name, client::PatchType::kMerge, patch.finish(), context_.deadline());
    // Another writer came first: its change may not bring this key back, so it is tried again.
    if (!done && done.error().code() == Code::kConflict) co_return fail(done.error());
    co_return settled(done);
  }

  Task<Result<void>> dropFinalizer(client::Resource resource, doc::Doc object,
                                   std::string_view finalizer) {
    Draft kept = Draft::array();
    for (const Value f : object["metadata"]["finalizers"].elements()) {
      if (f.text() != finalizer) kept.push(f);
    }
    return replaceList(std::move(resource), std::move(object), "finalizers", std::move(kept));
  }

  // propagationPolicy Orphan: the dependents stay and no longer name the owner.
  Task<Result<void>> orphan(client::Resource resource, doc::Doc owner) {
    for (const Place& dependent : dependentsOf(owner)) {
      Draft kept = Draft::array();
      for (const Value reference : dependent.object["metadata"]["ownerReferences"].elements()) {
        if (!(reference["uid"] == owner["metadata"]["uid"])) kept.push(reference);
      }
      MESHKA_CO_CHECK(co_await replaceList(dependent.resource, dependent.object, "ownerReferences",
                                           std::move(kept)));
    }
    co_return co_await dropFinalizer(resource, owner, kOrphan);
  }

  // propagationPolicy Foreground: the owner goes when no dependent that blocks it is left.
  Task<Result<void>> deleteForeground(client::Resource resource, doc::Doc owner) {
    bool blocked = false;
    for (const Place& dependent : dependentsOf(owner)) {
      const Value meta = dependent.object["metadata"];
      for (const Value reference : meta["ownerReferences"].elements()) {
        if (reference["uid"] == owner["metadata"]["uid"] &&
            reference["blockOwnerDeletion"].boolean())
          blocked = true;
      }
      if (meta["deletionTimestamp"].exists()) continue;
      client::DeleteOptions options;
      options.uid = meta["uid"].text();
      options.propagation = dependents_.contains(options.uid) ? "Foreground" : "Background";
      const client::ObjectKey key = client::ObjectKey::of(dependent.object);
      MESHKA_CO_CHECK(settled(co_await context_.client.remove(dependent.resource, key.ns, key.name,
                                                              options, context_.deadline())));
    }
    if (blocked) co_return Result<void>();  // the end of each dependent brings the owner back
    co_return co_await dropFinalizer(resource, owner, kForeground);
  }

  Task<Result<void>> sync(std::string key) {
    if (key == kDiscover) co_return co_await discover();
    const auto parts = split(key, ' ');
    const client::Resource resource{std::string(parts[0]), std::string(parts[1]),
                                    std::string(parts[2])};
    const std::string ns(parts[3]);
    const std::string name(parts[4]);
    const doc::Doc* found = context_.collection(resource).get(ns, name);
    if (found == nullptr) co_return Result<void>();
    const doc::Doc object = *found;
    if (hasFinalizer(object, kOrphan)) co_return co_await orphan(resource, object);
    if (hasFinalizer(object, kForeground)) co_return co_await deleteForeground(resource, object);
    if (object["metadata"]["deletionTimestamp"].exists()) co_return Result<void>();
    for (const Value reference : object["metadata"]["ownerReferences"].elements()) {
      MESHKA_CO_TRY(const bool exists, co_await ownerExists(reference, ns));
      if (exists) co_return Result<void>();
    }
    if (object["metadata"]["ownerReferences"].size() == 0) co_return Result<void>();
    client::DeleteOptions options;
    options.uid = object["metadata"]["uid"].text();
    options.propagation = "Background";
    co_return settled(
        co_await context_.client.remove(resource, ns, name, options, context_.deadline()));
  }

  Context& context_;
  std::map<std::string, std::set<std::string>> dependents_;  // owner uid -> places
  std::map<std::string, std::string> live_;                  // uid -> place, seen and not gone
  client::WorkQueue queue_;
  std::map<client::Resource, std::unique_ptr<Feed>> feeds_;
  Feed crd_feed_;
};

}  // namespace

std::unique_ptr<Controller> startGarbageCollector(Context& context) {
  return std::make_unique<GarbageCollector>(context);
}

}  // namespace meshka::control
