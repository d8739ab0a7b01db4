#include "control/cleanup/garbage.h"

#include <map>
#include <set>

#include "base/strings.h"
#include "control/cleanup/content.h"

namespace meshka::control {

using doc::Value;
using io::Task;

namespace {

// "GROUP VERSION PLURAL NS NAME": a work queue's key that finds one object again.
std::string encode(const client::Resource& r, const client::ObjectKey& key) {
  return cat(r.group, " ", r.version, " ", r.name, " ", key.ns, " ", key.name);
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
      live_.insert(std::string(after["metadata"]["uid"].text()));
      for (const Value reference : after["metadata"]["ownerReferences"].elements()) {
        dependents_[std::string(reference["uid"].text())].insert(place);
      }
      // An owner that is not known may have been gone before its dependent was seen.
      if (after["metadata"]["ownerReferences"].size() > 0 && !before.exists()) queue_.add(place);
      return;
    }
    const std::string uid(before["metadata"]["uid"].text());
    live_.erase(uid);
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

  Task<Result<void>> sync(std::string key) {
    if (key == kDiscover) co_return co_await discover();
    const auto parts = split(key, ' ');
    const client::Resource resource{std::string(parts[0]), std::string(parts[1]),
                                    std::string(parts[2])};
    const std::string ns(parts[3]);
    const std::string name(parts[4]);
    const doc::Doc* found = context_.collection(resource).get(ns, name);
    if (found == nullptr || (*found)["metadata"]["deletionTimestamp"].exists())
      co_return Result<void>();
    const doc::Doc object = *found;
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
  std::set<std::string> live_;                               // uids that were seen and not gone
  client::WorkQueue queue_;
  std::map<client::Resource, std::unique_ptr<Feed>> feeds_;
  Feed crd_feed_;
};

}  // namespace

std::unique_ptr<Controller> startGarbageCollector(Context& context) {
  return std::make_unique<GarbageCollector>(context);
}

}  // namespace meshka::control
