#include "mesh/install/readiness.h"

#include <algorithm>
#include <map>
#include <memory>
#include <span>

#include "base/strings.h"
#include "client/collection.h"
#include "io/async.h"
#include "mesh/install/limits.h"

namespace meshka::mesh {

using doc::Value;
using io::Task;

namespace {

Value condition(Value object, std::string_view type) {
  for (const Value c : object["status"]["conditions"].elements())
    if (c["type"].text() == type) return c;
  return {};
}

constexpr std::string_view kImageTroubles[] = {"ImagePullBackOff", "ErrImagePull",
                                               "InvalidImageName", "ErrImageNeverPull"};
constexpr std::string_view kStartTroubles[] = {"CreateContainerConfigError", "CreateContainerError",
                                               "RunContainerError"};

bool isOneOf(std::string_view text, std::span<const std::string_view> list) {
  return std::ranges::find(list, text) != list.end();
}

PodTrouble containerTrouble(Value status) {
  const Value waiting = status["state"]["waiting"];
  const std::string_view reason = waiting["reason"].text();
  if (reason.empty() || reason == "ContainerCreating" || reason == "PodInitializing") return {};
  PodTrouble out;
  const std::string_view message = waiting["message"].text();
  out.reason = cat("container failed to start: ", reason, message.empty() ? "" : ": ", message);
  out.container = status["name"].text();
  out.hopeless =
      reason == "CrashLoopBackOff" && status["restartCount"].integer() >= kCrashesUntilHopeless;
  out.stuck = isOneOf(reason, kImageTroubles) || isOneOf(reason, kStartTroubles);
  return out;
}

// Wakes the waiting task at every change of what it looks at.
class Bell final : public client::CollectionHandler {
 public:
  explicit Bell(io::Event& event) : event_(event) {}
  void onChange(const client::ObjectKey&, const doc::Doc&, const doc::Doc&) override {
    event_.set();
  }
  void onSynced() override { event_.set(); }

 private:
  io::Event& event_;
};

std::unique_ptr<client::Collection> follow(io::World& world, client::ApiClient& api,
                                           client::Resource resource, const std::string& ns) {
  client::CollectionOptions options;
  options.ns = ns;
  return client::makeCollection(world.loop, world.rng, world.log, api, std::move(resource),
                                options);
}

bool isOwnedBy(Value object, std::string_view uid) {
  for (const Value owner : object["metadata"]["ownerReferences"].elements())
    if (owner["uid"].text() == uid) return true;
  return false;
}

struct Finding {
  std::string deployment;
  PodTrouble trouble;
  std::string pod;
};

class DeploymentWait {
 public:
  DeploymentWait(io::World& world, client::ApiClient& api, ReadinessRequest request)
      : world_(world),
        request_(std::move(request)),
        changed_(world.loop),
        bell_(changed_),
        deployments_(follow(world, api, {"apps", "v1", "deployments"}, request_.ns)),
        sets_(follow(world, api, {"apps", "v1", "replicasets"}, request_.ns)),
        pods_(follow(world, api, {"", "v1", "pods"}, request_.ns)) {
    for (client::Collection* c : {deployments_.get(), sets_.get(), pods_.get()})
      c->addHandler(bell_);
  }
  ~DeploymentWait() {
    for (client::Collection* c : {deployments_.get(), sets_.get(), pods_.get()})
      c->removeHandler(bell_);
  }

  Task<Result<void>> run(ReadLog& read_log) {
    const Instant deadline = world_.clock().now() + request_.timeout;
    for (;;) {
      changed_.reset();
      const std::vector<Finding> open = unready();
      if (open.empty()) co_return Result<void>();
      Instant wake = deadline;
      const bool hopeless = judge(open, wake);
      const bool late = world_.clock().now() >= deadline;
      if (hopeless || late) co_return fail(co_await report(open, hopeless, read_log));
      (void)co_await changed_.wait(wake);
    }
  }

 private:
  bool synced() const {
    return deployments_->hasSynced() && sets_->hasSynced() && pods_->hasSynced();
  }

  std::vector<Finding> unready() const {
    std::vector<Finding> out;
    for (const std::string& name : request_.deployments) {
      const doc::Doc* deployment = deployments_->get(request_.ns, name);
      if (!synced() || deployment == nullptr) {
        out.push_back({name, {"not seen by the API server yet", "", false, false}, ""});
      } else if (!isRolledOut(*deployment)) {
        out.push_back(findingOf(name, *deployment));
      }
    }
    return out;
  }

  // The newest replica set is the one with the Deployment's own revision.
  Finding findingOf(const std::string& name, Value deployment) const {
    constexpr std::string_view kRevision = "deployment.kubernetes.io/revision";
    const std::string_view uid = deployment["metadata"]["uid"].text();
    const std::string_view revision = deployment["metadata"]["annotations"][kRevision].text();
    Finding out{name, {"no pod yet", "", false, false}, ""};
    for (const doc::Doc& set : sets_->list(request_.ns)) {
      if (!isOwnedBy(set, uid) || set["metadata"]["annotations"][kRevision].text() != revision)
        continue;
      for (const doc::Doc& pod : pods_->list(request_.ns)) {
        if (!isOwnedBy(pod, set["metadata"]["uid"].text())) continue;
        if (pod["metadata"]["deletionTimestamp"].exists()) continue;
        out.trouble = troubleOf(pod);
        out.pod = pod["metadata"]["name"].text();
        if (!out.trouble.reason.empty()) return out;
        out.trouble.reason = "the pod starts";
      }
    }
    return out;
  }

  // True when one will never be ready; else `wake` becomes the time to look again.
  bool judge(const std::vector<Finding>& open, Instant& wake) {
    const Instant now = world_.clock().now();
    for (const Finding& finding : open) {
      if (finding.trouble.hopeless) return true;
      if (!finding.trouble.stuck) {
        stuck_since_.erase(finding.deployment);
        continue;
      }
      const Instant since = stuck_since_.try_emplace(finding.deployment, now).first->second;
      if (now - since >= kStuckPodPatience) return true;
      wake = std::min(wake, since + kStuckPodPatience);
    }
    return false;
  }

  Task<Error> report(std::vector<Finding> open, bool hopeless, ReadLog& read_log) {
    std::string text =
        hopeless ? "failed to wait for resource: it will not become ready"
                 : cat("failed to wait for resource: resources not ready after ",
                       toString(request_.timeout), ": timed out waiting for the condition");
    for (const Finding& finding : open) {
      text += cat("\n  Deployment/", request_.ns, "/", finding.deployment, " (",
                  finding.trouble.reason, ")");
      if (!read_log || finding.pod.empty() || finding.trouble.container.empty()) continue;
      const std::string lines =
          co_await read_log(request_.ns, finding.pod, finding.trouble.container);
      for (const std::string_view line : split(lines, '\n'))
        if (!line.empty()) text += cat("\n    ", finding.pod, ": ", line);
    }
    co_return Error(hopeless ? Code::kUnavailable : Code::kTimeout, text);
  }

  io::World& world_;
  const ReadinessRequest request_;
  io::Event changed_;
  Bell bell_;
  std::map<std::string, Instant> stuck_since_;
  std::unique_ptr<client::Collection> deployments_;
  std::unique_ptr<client::Collection> sets_;
  std::unique_ptr<client::Collection> pods_;
};

}  // namespace

PodTrouble troubleOf(Value pod) {
  if (condition(pod, "Ready")["status"].text() == "True") return {};
  const Value scheduled = condition(pod, "PodScheduled");
  if (scheduled["status"].text() == "False") {
    return {cat(scheduled["reason"].text("Unschedulable"), ": ", scheduled["message"].text()), "",
            false, true};
  }
  for (const char* list : {"initContainerStatuses", "containerStatuses"}) {
    for (const Value status : pod["status"][list].elements()) {
      PodTrouble trouble = containerTrouble(status);
      if (!trouble.reason.empty()) return trouble;
    }
  }
  const Value ready = condition(pod, "Ready");
  if (ready["status"].text() == "False" && !ready["message"].text().empty())
    return {std::string(ready["message"].text()), "", false, false};
  return {};
}

bool isRolledOut(Value deployment) {
  const Value status = deployment["status"];
  const int64_t wanted = deployment["spec"]["replicas"].integer(1);
  return status["observedGeneration"].integer() >= deployment["metadata"]["generation"].integer() &&
         status["updatedReplicas"].integer() >= wanted &&
         status["readyReplicas"].integer() >= wanted;
}

Task<Result<void>> waitForDeployments(io::World& world, client::ApiClient& api,
                                      ReadinessRequest request, ReadLog& read_log) {
  if (request.deployments.empty()) co_return Result<void>();
  DeploymentWait wait(world, api, std::move(request));
  co_return co_await wait.run(read_log);
}

Task<Result<void>> waitForCrds(io::World& world, client::ApiClient& api,
                               std::vector<std::string> names) {
  if (names.empty()) co_return Result<void>();
  io::Event changed(world.loop);
  Bell bell(changed);
  const auto crds =
      follow(world, api, {"apiextensions.k8s.io", "v1", "customresourcedefinitions"}, "");
  crds->addHandler(bell);
  const Instant deadline = world.clock().now() + kCrdTimeout;
  Result<void> out;
  for (;;) {
    changed.reset();
    std::erase_if(names, [&](const std::string& name) {
      const doc::Doc* crd = crds->get("", name);
      return crd != nullptr && condition(*crd, "Established")["status"].text() == "True";
    });
    if (names.empty()) break;
    if (world.clock().now() >= deadline) {
      out = fail(Code::kTimeout, cat("failed to wait for CRDs: not established after ",
                                     toString(kCrdTimeout), ": ", join(names, ", ")));
      break;
    }
    (void)co_await changed.wait(deadline);
  }
  crds->removeHandler(bell);
  co_return out;
}

}  // namespace meshka::mesh
