#include "control/cleanup/namespaces.h"

#include "base/strings.h"
#include "control/cleanup/content.h"

namespace meshka::control {

using doc::Draft;
using doc::Value;
using io::Task;

namespace {

// While finalizers or grace periods of the content run: looked at again then. Deletions of pods
// wake it earlier.
constexpr Duration kLookAgain = millis(500);

class Namespaces final : public Controller {
 public:
  explicit Namespaces(Context& context)
      : context_(context),
        namespaces_(context.collection(core("namespaces"))),
        queue_(context.world.loop, context.world.rng, context.world.log,
               {.name = "namespaces", .workers = kWorkers},
               [this](std::string name) { return sync(std::move(name)); }),
        feed_(namespaces_,
              [this](const client::ObjectKey& key, const doc::Doc&, const doc::Doc& after) {
                if (after["metadata"]["deletionTimestamp"].exists()) queue_.add(key.name);
              }),
        pod_feed_(context.collection(core("pods")),
                  [this](const client::ObjectKey& key, const doc::Doc&, const doc::Doc& after) {
                    if (!after.exists() && isTerminating(key.ns)) queue_.add(key.ns);
                  }) {}

 private:
  bool isTerminating(const std::string& name) const {
    const doc::Doc* found = namespaces_.get("", name);
    return found != nullptr && (*found)["metadata"]["deletionTimestamp"].exists();
  }

  // Deletes what there is of one kind; gives how many are left.
  Task<Result<size_t>> empty(client::Resource resource, std::string ns) {
    auto listed = co_await context_.client.list(resource, ns, {}, context_.deadline());
    if (!listed)
      co_return listed.error().code() == Code::kNotFound ? Result<size_t>(0) : fail(listed.error());
    size_t left = 0;
    for (const doc::Doc& object : listed->items) {
      if (object["metadata"]["deletionTimestamp"].exists()) {
        ++left;
        continue;
      }
      client::DeleteOptions options;
      options.uid = object["metadata"]["uid"].text();
      auto removed = co_await context_.client.remove(resource, ns,
                                                     std::string(object["metadata"]["name"].text()),
                                                     options, context_.deadline());
      if (!removed && removed.error().code() != Code::kNotFound &&
          removed.error().code() != Code::kConflict)
        co_return fail(removed.error());
      auto still = co_await context_.client.get(
          resource, ns, std::string(object["metadata"]["name"].text()), context_.deadline());
      if (still) ++left;
    }
    co_return left;
  }

  Task<Result<void>> sync(std::string name) {
    const doc::Doc* found = namespaces_.get("", name);
    if (found == nullptr || !(*found)["metadata"]["deletionTimestamp"].exists())
      co_return Result<void>();
    const doc::Doc object = *found;
    MESHKA_CO_TRY(const size_t pods, co_await empty(core("pods"), name));
    size_t left = pods;
    if (pods == 0) {
      MESHKA_CO_TRY(const std::vector<ServedKind> kinds, co_await discoverKinds(context_));
      for (const ServedKind& kind : kinds) {
        if (!kind.namespaced) continue;
        MESHKA_CO_TRY(const size_t more, co_await empty(kind.resource, name));
        left += more;
      }
    }
    if (left > 0) {
      queue_.addAfter(name, kLookAgain);
      co_return co_await setCondition(object, left);
    }
    Draft finalized(object);
    Draft kept = Draft::array();
    for (const Value finalizer : object["spec"]["finalizers"].elements()) {
      if (finalizer.text() != "kubernetes") kept.push(finalizer);
    }
    finalized["spec"]["finalizers"] = std::move(kept);
    co_return settled(co_await context_.client.subresource(
        "PUT", core("namespaces"), "", name, "finalize", finalized.finish(), context_.deadline()));
  }

  Task<Result<void>> setCondition(doc::Doc object, size_t left) {
    const std::string message = cat("Some content in the namespace remains: ", left, " objects");
    for (const Value condition : object["status"]["conditions"].elements()) {
      if (condition["type"].text() == "NamespaceContentRemaining" &&
          condition["message"].text() == message)
        co_return Result<void>();
    }
    Draft changed(object);
    changed["status"]["phase"] = "Terminating";
    changed["status"]["conditions"] = Draft::array(
        {Draft::object({{"type", "NamespaceContentRemaining"},
                        {"status", "True"},
                        {"reason", "SomeResourcesRemain"},
                        {"message", message},
                        {"lastTransitionTime", toRfc3339(context_.world.clock().wall())}})});
    co_return settled(co_await context_.client.subresource(
        "PUT", core("namespaces"), "", std::string(object["metadata"]["name"].text()), "status",
        changed.finish(), context_.deadline()));
  }

  Context& context_;
  client::Collection& namespaces_;
  client::WorkQueue queue_;
  Feed feed_;
  Feed pod_feed_;
};

}  // namespace

std::unique_ptr<Controller> startNamespaces(Context& context) {
  return std::make_unique<Namespaces>(context);
}

}  // namespace meshka::control
