#include "control/workload/stateful_set.h"

#include <algorithm>
#include <map>

#include "base/strings.h"
#include "control/workload/pods_of.h"
#include "control/workload/rollout.h"

namespace meshka::control {

using doc::Draft;
using doc::Value;

namespace {

constexpr const char* kKind = "StatefulSet";
constexpr const char* kRevisionLabel = "controller-revision-hash";

int64_t ordinalOf(Value set, Value pod) {
  const std::string_view name = pod["metadata"]["name"].text();
  const std::string prefix = cat(set["metadata"]["name"].text(), "-");
  if (!name.starts_with(prefix)) return -1;
  return parseInt(name.substr(prefix.size())).value_or(-1);
}

doc::Doc statusOf(Value set, const std::map<int64_t, doc::Doc>& pods, WallTime now) {
  const std::string update = revisionName(set);
  int64_t ready = 0, available = 0, updated = 0;
  for (const auto& [ordinal, pod] : pods) {
    if (isPodReady(pod)) ++ready;
    if (isPodAvailable(pod, set["spec"]["minReadySeconds"].integer(), now)) ++available;
    if (pod["metadata"]["labels"][kRevisionLabel].text() == update) ++updated;
  }
  const auto count = static_cast<int64_t>(pods.size());
  Draft status(set["status"]);
  if (!status.isObject()) status = Draft::object();
  const std::string before(set["status"]["currentRevision"].text(update));
  const bool rolled =
      updated == count && count == set["spec"]["replicas"].integer(1) && ready == count;
  status["replicas"] = count;
  status["readyReplicas"] = ready;
  status["availableReplicas"] = available;
  status["updatedReplicas"] = updated;
  status["currentReplicas"] = rolled || before == update ? updated : count - updated;
  status["updateRevision"] = update;
  status["currentRevision"] = rolled ? update : before;
  status["collisionCount"] = set["status"]["collisionCount"].integer();
  status["observedGeneration"] = set["metadata"]["generation"].integer();
  return status.finish();
}

}  // namespace

std::string revisionName(Value set) {
  return cat(set["metadata"]["name"].text(), "-", templateHash(set["spec"]["template"], 0));
}

StatefulSetPlan planStatefulSet(Value set, const std::vector<doc::Doc>& pods, WallTime now) {
  StatefulSetPlan plan;
  const int64_t wanted = std::max<int64_t>(0, set["spec"]["replicas"].integer(1));
  const bool parallel = set["spec"]["podManagementPolicy"].text() == "Parallel";
  std::map<int64_t, doc::Doc> by_ordinal;
  for (const doc::Doc& pod : pods) {
    if (const int64_t ordinal = ordinalOf(set, pod); ordinal >= 0) by_ordinal[ordinal] = pod;
  }
  plan.status = statusOf(set, by_ordinal, now);
  bool all_ready = true;
  for (int64_t i = 0; i < wanted; ++i) {
    const auto found = by_ordinal.find(i);
    if (found == by_ordinal.end()) {
      plan.create.push_back(i);
      if (!parallel) return plan;  // the next one waits for this one
      all_ready = false;
      continue;
    }
    const std::string_view phase = found->second["status"]["phase"].text();
    const bool leaving = found->second["metadata"]["deletionTimestamp"].exists();
    if (!leaving && (phase == "Failed" || phase == "Succeeded"))
      plan.remove.push_back(found->second);
    if (leaving || !isPodReady(found->second)) {
      all_ready = false;
      if (!parallel) return plan;
    }
  }
  for (auto it = by_ordinal.rbegin(); it != by_ordinal.rend() && it->first >= wanted; ++it) {
    const bool leaving = it->second["metadata"]["deletionTimestamp"].exists();
    if (!leaving) plan.remove.push_back(it->second);
    if (!parallel) return plan;  // the highest first, one by one
  }
  if (!all_ready || set["spec"]["updateStrategy"]["type"].text() == "OnDelete") return plan;
  const int64_t partition = set["spec"]["updateStrategy"]["rollingUpdate"]["partition"].integer();
  for (int64_t i = wanted - 1; i >= partition && i >= 0; --i) {
    const doc::Doc& pod = by_ordinal[i];
    if (pod["metadata"]["labels"][kRevisionLabel].text() == revisionName(set)) continue;
    plan.remove.push_back(pod);
    return plan;
  }
  return plan;
}

doc::Doc statefulPod(Value set, int64_t ordinal) {
  Draft pod = podFromTemplate(set["spec"]["template"], set, "apps/v1", kKind);
  const std::string name = cat(set["metadata"]["name"].text(), "-", ordinal);
  pod["metadata"]["name"] = name;
  pod["metadata"]["labels"]["statefulset.kubernetes.io/pod-name"] = name;
  pod["metadata"]["labels"]["apps.kubernetes.io/pod-index"] = cat(ordinal);
  pod["metadata"]["labels"][kRevisionLabel] = revisionName(set);
  pod["spec"]["hostname"] = name;
  if (set["spec"]["serviceName"].exists()) pod["spec"]["subdomain"] = set["spec"]["serviceName"];
  return pod.finish();
}

namespace {

class StatefulSets final : public Controller {
 public:
  explicit StatefulSets(Context& context)
      : context_(context),
        sets_(context.collection(apps("statefulsets"))),
        pods_(context, "statefulset-controller"),
        queue_(context.world.loop, context.world.rng, context.world.log,
               {.name = "statefulsets", .workers = kWorkers},
               [this](std::string key) { return sync(std::move(key)); }),
        set_feed_(sets_, [this](const client::ObjectKey& key, const doc::Doc&,
                                const doc::Doc&) { queue_.add(key.toString()); }),
        pod_feed_(
            context.collection(core("pods")),
            [this](const client::ObjectKey& key, const doc::Doc& before, const doc::Doc& after) {
              const Value owner = controllerOf(after.exists() ? after : before, kKind);
              if (owner.exists()) queue_.add(cat(key.ns, "/", owner["name"].text()));
            }) {}

 private:
  io::Task<Result<void>> sync(std::string text) {
    const client::ObjectKey key = client::ObjectKey::parse(text);
    const doc::Doc* found = sets_.get(key.ns, key.name);
    if (found == nullptr || (*found)["metadata"]["deletionTimestamp"].exists())
      co_return Result<void>();
    const doc::Doc set = *found;
    if (set["spec"]["volumeClaimTemplates"].size() > 0) {
      context_.events.record(set, kKind, "apps/v1", "statefulset-controller", "Warning",
                             "FailedCreate",
                             "volumeClaimTemplates are not supported yet; use an emptyDir volume");
      co_return Result<void>();
    }
    const std::string uid(set["metadata"]["uid"].text());
    if (!pods_.caughtUp(uid)) co_return Result<void>();
    const StatefulSetPlan plan =
        planStatefulSet(set, pods_.podsOf(uid), context_.world.clock().wall());
    for (const int64_t ordinal : plan.create)
      MESHKA_CO_CHECK(co_await pods_.create(set, kKind, statefulPod(set, ordinal)));
    for (const doc::Doc& pod : plan.remove) MESHKA_CO_CHECK(co_await pods_.remove(set, kKind, pod));
    const int64_t min_ready = set["spec"]["minReadySeconds"].integer();
    if (min_ready > 0 &&
        plan.status["availableReplicas"].integer() < plan.status["readyReplicas"].integer()) {
      queue_.addAfter(text, seconds(min_ready));  // no event tells that a pod became available
    }
    if (set["status"] == plan.status.value()) co_return Result<void>();
    Draft changed(set);
    changed["status"] = plan.status;
    co_return settled(co_await context_.client.subresource("PUT", apps("statefulsets"), key.ns,
                                                           key.name, "status", changed.finish(),
                                                           context_.deadline()));
  }

  Context& context_;
  client::Collection& sets_;
  PodControl pods_;
  client::WorkQueue queue_;
  Feed set_feed_;
  Feed pod_feed_;
};

}  // namespace

std::unique_ptr<Controller> startStatefulSets(Context& context) {
  return std::make_unique<StatefulSets>(context);
}

}  // namespace meshka::control
