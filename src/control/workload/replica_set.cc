#include "control/workload/replica_set.h"

#include <algorithm>

#include "api/selectors.h"
#include "base/strings.h"
#include "control/workload/pods_of.h"

namespace meshka::control {

using doc::Draft;
using doc::Value;

namespace {

constexpr const char* kKind = "ReplicaSet";

// Who goes first: not on a node, not running, not ready, youngest.
auto removalRank(Value pod) {
  const std::string_view phase = pod["status"]["phase"].text();
  return std::tuple(
      !pod["spec"]["nodeName"].text().empty(), phase == "Running", isPodReady(pod),
      -static_cast<int64_t>(
          parseRfc3339(pod["metadata"]["creationTimestamp"].text()).value_or(WallTime{}).unix_ns),
      std::string(pod["metadata"]["name"].text()));
}

bool matchesTemplate(Value pod, Value labels) {
  for (const auto [key, value] : labels.members()) {
    if (!(pod["metadata"]["labels"][key] == value)) return false;
  }
  return true;
}

}  // namespace

ReplicaSetPlan planReplicaSet(Value set, const std::vector<doc::Doc>& pods, WallTime now) {
  ReplicaSetPlan plan;
  std::vector<doc::Doc> active;
  int64_t ready = 0, available = 0, labeled = 0;
  for (const doc::Doc& pod : pods) {
    if (!isPodActive(pod)) continue;
    active.push_back(pod);
    if (isPodReady(pod)) ++ready;
    if (isPodAvailable(pod, set["spec"]["minReadySeconds"].integer(), now)) ++available;
    if (matchesTemplate(pod, set["spec"]["template"]["metadata"]["labels"])) ++labeled;
  }
  const auto wanted = static_cast<size_t>(std::max<int64_t>(0, set["spec"]["replicas"].integer(1)));
  if (active.size() < wanted) {
    plan.create = std::min(wanted - active.size(), kPodBurst);
  } else if (active.size() > wanted) {
    std::sort(active.begin(), active.end(),
              [](const doc::Doc& a, const doc::Doc& b) { return removalRank(a) < removalRank(b); });
    const size_t surplus = std::min(active.size() - wanted, kPodBurst);
    plan.remove.assign(active.begin(), active.begin() + static_cast<std::ptrdiff_t>(surplus));
  }
  Draft status(set["status"]);
  if (!status.isObject()) status = Draft::object();
  status["replicas"] = static_cast<int64_t>(active.size());
  status["fullyLabeledReplicas"] = labeled;
  status["readyReplicas"] = ready;
  status["availableReplicas"] = available;
  for (const char* field : {"fullyLabeledReplicas", "readyReplicas", "availableReplicas"}) {
    if (status[field].integer() == 0) status.erase(field);
  }
  status["observedGeneration"] = set["metadata"]["generation"].integer();
  plan.status = status.finish();
  return plan;
}

namespace {

class ReplicaSets final : public Controller {
 public:
  explicit ReplicaSets(Context& context)
      : context_(context),
        sets_(context.collection(apps("replicasets"))),
        pods_(context, "replicaset-controller"),
        queue_(context.world.loop, context.world.rng, context.world.log,
               {.name = "replicasets", .workers = kWorkers},
               [this](std::string key) { return sync(std::move(key)); }),
        set_feed_(sets_, [this](const client::ObjectKey& key, const doc::Doc&,
                                const doc::Doc&) { queue_.add(key.toString()); }),
        pod_feed_(
            context.collection(core("pods")),
            [this](const client::ObjectKey& key, const doc::Doc& before, const doc::Doc& after) {
              for (const doc::Doc* pod : {&before, &after}) {
                const Value owner = controllerOf(*pod, kKind);
                if (owner.exists()) queue_.add(cat(key.ns, "/", owner["name"].text()));
              }
              if (after.exists() && controllerUid(after).empty()) adoptLater(key.ns);
            }) {}

 private:
  // An orphan may belong to any set of its namespace.
  void adoptLater(const std::string& ns) {
    for (const doc::Doc& set : sets_.list(ns)) queue_.add(client::ObjectKey::of(set).toString());
  }

  io::Task<Result<void>> adopt(doc::Doc set) {
    auto selector = api::LabelSelector::fromObject(set["spec"]["selector"]);
    if (!selector) co_return fail(selector.error());
    const std::string ns(set["metadata"]["namespace"].text());
    MESHKA_CO_CHECK(co_await release(set, *selector));
    for (const doc::Doc& pod : context_.collection(core("pods")).list(ns)) {
      if (!controllerUid(pod).empty() || !isPodActive(pod) ||
          !selector->matches(pod["metadata"]["labels"]))
        continue;
      Draft patch = Draft::object();
      Draft references(pod["metadata"]["ownerReferences"]);
      references.push(controllerReference(set, "apps/v1", kKind));
      patch["metadata"] = Draft::object(
          {{"uid", pod["metadata"]["uid"]}, {"ownerReferences", std::move(references)}});
      MESHKA_CO_CHECK(settled(co_await context_.client.patch(
          core("pods"), ns, std::string(pod["metadata"]["name"].text()), client::PatchType::kMerge,
          patch.finish(), context_.deadline())));
    }
    co_return Result<void>();
  }

  // A pod whose labels no longer match is let go and lives on by itself.
  io::Task<Result<void>> release(doc::Doc set, api::LabelSelector selector) {
    client::Collection& pods = context_.collection(core("pods"));
    for (const doc::Doc& pod : pods.byIndex(kByController, set["metadata"]["uid"].text())) {
      if (selector.matches(pod["metadata"]["labels"]) || !isPodActive(pod)) continue;
      Draft kept = Draft::array();
      for (const Value reference : pod["metadata"]["ownerReferences"].elements()) {
        if (!(reference["uid"] == set["metadata"]["uid"])) kept.push(reference);
      }
      Draft patch = Draft::object();
      patch["metadata"] =
          Draft::object({{"uid", pod["metadata"]["uid"]}, {"ownerReferences", std::move(kept)}});
      const client::ObjectKey key = client::ObjectKey::of(pod);
      MESHKA_CO_CHECK(settled(co_await context_.client.patch(core("pods"), key.ns, key.name,
                                                             client::PatchType::kMerge,
                                                             patch.finish(), context_.deadline())));
    }
    co_return Result<void>();
  }

  io::Task<Result<void>> sync(std::string text) {
    const client::ObjectKey key = client::ObjectKey::parse(text);
    const doc::Doc* found = sets_.get(key.ns, key.name);
    if (found == nullptr || (*found)["metadata"]["deletionTimestamp"].exists())
      co_return Result<void>();
    const doc::Doc set = *found;
    const std::string uid(set["metadata"]["uid"].text());
    MESHKA_CO_CHECK(co_await adopt(set));
    if (!pods_.caughtUp(uid)) co_return Result<void>();
    const ReplicaSetPlan plan =
        planReplicaSet(set, pods_.podsOf(uid), context_.world.clock().wall());
    Result<void> worst;
    for (size_t i = 0; i < plan.create && worst; ++i) {
      Draft pod = podFromTemplate(set["spec"]["template"], set, "apps/v1", kKind);
      pod["metadata"]["generateName"] = cat(key.name, "-");
      worst = co_await pods_.create(set, kKind, pod.finish());
    }
    for (const doc::Doc& pod : plan.remove) MESHKA_CO_CHECK(co_await pods_.remove(set, kKind, pod));
    if (!(set["status"] == plan.status.value())) {
      Draft changed(set);
      changed["status"] = plan.status;
      MESHKA_CO_CHECK(settled(
          co_await context_.client.subresource("PUT", apps("replicasets"), key.ns, key.name,
                                               "status", changed.finish(), context_.deadline())));
    }
    // No event tells that a ready pod became available.
    const int64_t min_ready = set["spec"]["minReadySeconds"].integer();
    if (min_ready > 0 &&
        plan.status["availableReplicas"].integer() < plan.status["readyReplicas"].integer()) {
      queue_.addAfter(text, seconds(min_ready));
    }
    co_return worst;
  }

  Context& context_;
  client::Collection& sets_;
  PodControl pods_;
  client::WorkQueue queue_;
  Feed set_feed_;
  Feed pod_feed_;
};

}  // namespace

std::unique_ptr<Controller> startReplicaSets(Context& context) {
  return std::make_unique<ReplicaSets>(context);
}

}  // namespace meshka::control
