#include "control/workload/deployment.h"

#include <algorithm>

#include "base/strings.h"
#include "control/workload/rollout.h"

namespace meshka::control {

using doc::Draft;
using doc::Value;
using io::Task;

namespace {

constexpr const char* kKind = "Deployment";
constexpr const char* kRevision = "deployment.kubernetes.io/revision";
constexpr const char* kDesired = "deployment.kubernetes.io/desired-replicas";
constexpr const char* kComponent = "deployment-controller";

int64_t revisionOf(Value set) {
  return parseInt(set["metadata"]["annotations"][kRevision].text()).value_or(0);
}

int64_t replicasWanted(Value deployment) {
  return deployment["spec"]["replicas"].integer(1);
}

// The first ReplicaSet of a template: labels and selector carry the hash, so that sets never share
// pods.
doc::Doc newReplicaSet(Value deployment, int64_t revision, int64_t replicas) {
  const std::string hash = templateHash(deployment["spec"]["template"],
                                        deployment["status"]["collisionCount"].integer());
  Draft set = Draft::object({{"apiVersion", "apps/v1"}, {"kind", "ReplicaSet"}});
  Draft meta = Draft::object({{"name", cat(deployment["metadata"]["name"].text(), "-", hash)},
                              {"namespace", deployment["metadata"]["namespace"]}});
  Draft labels(deployment["spec"]["template"]["metadata"]["labels"]);
  labels["pod-template-hash"] = hash;
  meta["labels"] = labels;
  for (const auto [key, value] : deployment["metadata"]["annotations"].members()) {
    if (key != "kubectl.kubernetes.io/last-applied-configuration") meta["annotations"][key] = value;
  }
  meta["annotations"][kRevision] = cat(revision);
  meta["annotations"][kDesired] = cat(deployment["spec"]["replicas"].integer(1));
  meta["ownerReferences"] = Draft::array({controllerReference(deployment, "apps/v1", kKind)});
  set["metadata"] = std::move(meta);
  Draft selector(deployment["spec"]["selector"]);
  selector["matchLabels"]["pod-template-hash"] = hash;
  Draft pod_template(deployment["spec"]["template"]);
  pod_template["metadata"]["labels"] = labels;
  set["spec"] = Draft::object({{"replicas", replicas},
                               {"selector", std::move(selector)},
                               {"template", std::move(pod_template)}});
  if (deployment["spec"]["minReadySeconds"].integer() > 0)
    set["spec"]["minReadySeconds"] = deployment["spec"]["minReadySeconds"];
  return set.finish();
}

class Deployments final : public Controller {
 public:
  explicit Deployments(Context& context)
      : context_(context),
        deployments_(context.collection(apps("deployments"))),
        sets_(context.collection(apps("replicasets"))),
        queue_(context.world.loop, context.world.rng, context.world.log,
               {.name = "deployments", .workers = kWorkers},
               [this](std::string key) { return sync(std::move(key)); }),
        deployment_feed_(deployments_, [this](const client::ObjectKey& key, const doc::Doc&,
                                              const doc::Doc&) { queue_.add(key.toString()); }),
        set_feed_(sets_, [this](const client::ObjectKey& key, const doc::Doc& before,
                                const doc::Doc& after) {
          const Value owner = controllerOf(after.exists() ? after : before, kKind);
          if (owner.exists()) queue_.add(cat(key.ns, "/", owner["name"].text()));
        }) {}

 private:
  Task<Result<void>> sync(std::string text) {
    const client::ObjectKey key = client::ObjectKey::parse(text);
    const doc::Doc* found = deployments_.get(key.ns, key.name);
    if (found == nullptr || (*found)["metadata"]["deletionTimestamp"].exists())
      co_return Result<void>();
    const doc::Doc deployment = *found;
    std::vector<doc::Doc> sets = sets_.byIndex(kByController, deployment["metadata"]["uid"].text());
    std::erase_if(
        sets, [](const doc::Doc& set) { return set["metadata"]["deletionTimestamp"].exists(); });
    std::sort(sets.begin(), sets.end(),
              [](const doc::Doc& a, const doc::Doc& b) { return revisionOf(a) < revisionOf(b); });
    doc::Doc current;
    int64_t newest_old = 0;
    for (const doc::Doc& set : sets) {
      if (equalTemplates(set["spec"]["template"], deployment["spec"]["template"]))
        current = set;
      else
        newest_old = std::max(newest_old, revisionOf(set));
    }
    if (!current.exists()) {
      if (deployment["spec"]["paused"].boolean() && !sets.empty())
        co_return co_await writeStatus(deployment, sets, current);
      co_return co_await createSet(deployment, sets, newest_old + 1);
    }
    MESHKA_CO_CHECK(
        co_await markRevision(deployment, current, std::max(newest_old + 1, revisionOf(current))));
    for (const Scale& scale : planRollout(deployment, sets, current)) {
      for (const doc::Doc& set : sets) {
        if (set["metadata"]["name"].text() == scale.name)
          MESHKA_CO_CHECK(co_await resize(deployment, set, scale.replicas));
      }
    }
    MESHKA_CO_CHECK(co_await cleanUp(deployment, sets, current));
    co_return co_await writeStatus(deployment, sets, current);
  }

  Task<Result<void>> createSet(doc::Doc deployment, std::vector<doc::Doc> sets, int64_t revision) {
    int64_t total = 0;
    for (const doc::Doc& set : sets) total += set["spec"]["replicas"].integer(1);
    const int64_t wanted = deployment["spec"]["replicas"].integer(1);
    const Strategy strategy = strategyOf(deployment);
    int64_t replicas = wanted;
    if (!sets.empty() && total > 0) {
      replicas = strategy.recreate
                     ? 0
                     : std::clamp<int64_t>(wanted + strategy.max_surge - total, 0, wanted);
    }
    const doc::Doc set = newReplicaSet(deployment, revision, replicas);
    auto made = co_await context_.client.create(
        apps("replicasets"), std::string(deployment["metadata"]["namespace"].text()), set,
        context_.deadline());
    if (!made && made.error().code() == Code::kAlreadyExists &&
        !sets_.get(deployment["metadata"]["namespace"].text(), set["metadata"]["name"].text())) {
      co_return Result<void>();  // ours, its event is on the way
    }
    if (!made) co_return fail(made.error());
    context_.events.record(
        deployment, kKind, "apps/v1", kComponent, "Normal", "ScalingReplicaSet",
        cat("Scaled up replica set ", set["metadata"]["name"].text(), " to ", replicas));
    co_return Result<void>();
  }

  Task<Result<void>> markRevision(doc::Doc deployment, doc::Doc set, int64_t revision) {
    const std::string text = cat(revision);
    Draft patch = Draft::object();
    patch["metadata"]["annotations"][kRevision] = text;
    if (set["metadata"]["annotations"][kRevision].text() != text) {
      MESHKA_CO_CHECK(settled(co_await merge(apps("replicasets"), set, patch)));
    }
    if (deployment["metadata"]["annotations"][kRevision].text() != text) {
      MESHKA_CO_CHECK(settled(co_await merge(apps("deployments"), deployment, patch)));
    }
    co_return Result<void>();
  }

  Task<Result<doc::Doc>> merge(client::Resource resource, doc::Doc object, Draft patch) {
    return context_.client.patch(std::move(resource),
                                 std::string(object["metadata"]["namespace"].text()),
                                 std::string(object["metadata"]["name"].text()),
                                 client::PatchType::kMerge, patch.finish(), context_.deadline());
  }

  Task<Result<void>> resize(doc::Doc deployment, doc::Doc set, int64_t replicas) {
    const int64_t have = set["spec"]["replicas"].integer(1);
    if (have == replicas) co_return Result<void>();
    Draft patch = Draft::object();
    patch["spec"]["replicas"] = replicas;
    patch["metadata"]["resourceVersion"] = set["metadata"]["resourceVersion"];
    auto done = co_await merge(apps("replicasets"), set, patch);
    if (done) {
      context_.events.record(deployment, kKind, "apps/v1", kComponent, "Normal",
                             "ScalingReplicaSet",
                             cat("Scaled ", replicas > have ? "up" : "down", " replica set ",
                                 set["metadata"]["name"].text(), " to ", replicas));
    }
    co_return settled(done);
  }

  Task<Result<void>> cleanUp(doc::Doc deployment, std::vector<doc::Doc> sets, doc::Doc current) {
    std::vector<doc::Doc> idle;
    for (const doc::Doc& set : sets) {
      const bool is_current = set["metadata"]["name"] == current["metadata"]["name"];
      if (!is_current && set["spec"]["replicas"].integer(1) == 0 &&
          set["status"]["replicas"].integer() == 0)
        idle.push_back(set);
    }
    const auto keep = static_cast<size_t>(
        std::max<int64_t>(0, deployment["spec"]["revisionHistoryLimit"].integer(kRevisionHistory)));
    for (size_t i = 0; i + keep < idle.size(); ++i) {  // oldest revision first
      const client::ObjectKey key = client::ObjectKey::of(idle[i]);
      MESHKA_CO_CHECK(settled(co_await context_.client.remove(apps("replicasets"), key.ns, key.name,
                                                              {}, context_.deadline())));
    }
    co_return Result<void>();
  }

  Task<Result<void>> writeStatus(doc::Doc deployment, std::vector<doc::Doc> sets,
                                 doc::Doc current) {
    const doc::Doc status =
        deploymentStatus(deployment, sets, current, toRfc3339(context_.world.clock().wall()));
    // No event tells that the deadline of a rollout that stands still has passed.
    const bool standing = status["updatedReplicas"].integer() != replicasWanted(deployment) ||
                          status["availableReplicas"].integer() != replicasWanted(deployment);
    if (standing && !deployment["spec"]["paused"].boolean()) {
      queue_.addAfter(client::ObjectKey::of(deployment).toString(),
                      seconds(progressDeadline(deployment) + 1));
    }
    if (deployment["status"] == status.value()) co_return Result<void>();
    Draft changed(deployment);
    changed["status"] = status;
    const client::ObjectKey key = client::ObjectKey::of(deployment);
    co_return settled(co_await context_.client.subresource("PUT", apps("deployments"), key.ns,
                                                           key.name, "status", changed.finish(),
                                                           context_.deadline()));
  }

  Context& context_;
  client::Collection& deployments_;
  client::Collection& sets_;
  client::WorkQueue queue_;
  Feed deployment_feed_;
  Feed set_feed_;
};

}  // namespace

std::unique_ptr<Controller> startDeployments(Context& context) {
  return std::make_unique<Deployments>(context);
}

}  // namespace meshka::control
