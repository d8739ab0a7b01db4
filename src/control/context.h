// What controllers share: the client, live collections of the kinds that several of them watch, and
// an event recorder.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "client/collection.h"
#include "client/work_queue.h"
#include "control/events.h"
#include "control/limits.h"
#include "io/loop.h"

namespace meshka::control {

inline client::Resource core(const char* plural) {
  return {"", "v1", plural};
}
inline client::Resource apps(const char* plural) {
  return {"apps", "v1", plural};
}

// Indexes of the pods collection.
inline constexpr const char* kByController = "controller";  // uid of the controlling owner
inline constexpr const char* kByNode = "node";              // spec.nodeName

class Context {
 public:
  Context(io::World& world, client::ApiClient& client);

  io::World& world;
  client::ApiClient& client;
  EventRecorder events;

  // The one collection of a resource; begun when first asked for.
  client::Collection& collection(const client::Resource& resource);
  bool hasSynced() const;
  Instant deadline() const { return world.clock().now() + kCallTimeout; }

 private:
  std::map<client::Resource, std::unique_ptr<client::Collection>> collections_;
};

// Calls a function for each change of a collection, until it dies.
class Feed final : private client::CollectionHandler {
 public:
  using Change =
      Function<void(const client::ObjectKey& key, const doc::Doc& before, const doc::Doc& after)>;
  Feed(client::Collection& collection, Change change)
      : collection_(collection), change_(std::move(change)) {
    collection_.addHandler(*this);
  }
  ~Feed() override { collection_.removeHandler(*this); }
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

 private:
  void onChange(const client::ObjectKey& key, const doc::Doc& before,
                const doc::Doc& after) override {
    change_(key, before, after);
  }
  client::Collection& collection_;
  Change change_;
};

// A controller owns its queue and feeds; the destructor ends it.
class Controller {
 public:
  virtual ~Controller() = default;
};

// The controlling owner reference of a kind; missing when there is none.
doc::Value controllerOf(doc::Value object, std::string_view kind);
std::string controllerUid(doc::Value object);
doc::Draft controllerReference(doc::Value owner, std::string_view api_version,
                               std::string_view kind);
bool isPodReady(doc::Value pod);
// Ready for at least `seconds`.
bool isPodAvailable(doc::Value pod, int64_t min_ready_seconds, WallTime now);
bool isPodActive(doc::Value pod);  // neither ended nor being deleted

// NotFound, Conflict and AlreadyExists are answered by the next event, not by a retry.
template <class T>
Result<void> settled(const Result<T>& result) {
  if (result) return {};
  const Code code = result.error().code();
  if (code == Code::kNotFound || code == Code::kConflict || code == Code::kAlreadyExists) return {};
  return fail(result.error());
}

}  // namespace meshka::control
