#include "control/workload/rollout.h"

#include <algorithm>

#include "base/digest.h"
#include "base/strings.h"
#include "control/limits.h"
#include "doc/json.h"

namespace meshka::control {

using doc::Draft;
using doc::Value;

namespace {

constexpr const char* kHashLabel = "pod-template-hash";

int64_t replicasOf(Value set) {
  return set["spec"]["replicas"].integer(1);
}
int64_t availableOf(Value set) {
  return set["status"]["availableReplicas"].integer();
}

doc::Doc withoutHash(Value pod_template) {
  Draft copy(pod_template);
  if (Draft* meta = copy.find("metadata")) {
    if (Draft* labels = meta->find("labels")) labels->erase(kHashLabel);
    meta->erase("creationTimestamp");
  }
  return copy.finish();
}

// Unhealthy pods of old sets first, whatever the budget; then old pods as far as the budget of
// unavailable ones goes.
void shrinkOld(std::vector<Scale>& plan, const std::vector<doc::Doc>& sets, Value current,
               int64_t wanted, int64_t max_unavailable) {
  int64_t total = 0, available = 0;
  for (const doc::Doc& set : sets) {
    total += replicasOf(set);
    available += availableOf(set);
  }
  const int64_t new_unavailable = current.exists() ? replicasOf(current) - availableOf(current) : 0;
  int64_t budget = total - (wanted - max_unavailable) - std::max<int64_t>(0, new_unavailable);
  if (budget <= 0) return;
  const auto shrink = [&](Scale& scale, int64_t by) {
    by = std::min({by, scale.replicas, budget});
    scale.replicas -= by;
    budget -= by;
    return by;
  };
  const auto isCurrent = [&](size_t i) {
    return current.exists() && sets[i]["metadata"]["name"] == current["metadata"]["name"];
  };
  for (size_t i = 0; i < sets.size(); ++i) {
    if (!isCurrent(i))
      total -= shrink(plan[i], std::max<int64_t>(0, replicasOf(sets[i]) - availableOf(sets[i])));
  }
  int64_t spare = available - (wanted - max_unavailable);
  for (size_t i = 0; i < sets.size() && spare > 0; ++i) {
    if (isCurrent(i)) continue;
    const int64_t by = std::min(spare, plan[i].replicas);
    plan[i].replicas -= by;
    spare -= by;
  }
}

}  // namespace

int64_t resolvePercent(Value value, int64_t total, bool round_up) {
  if (value.isNumber()) return value.integer();
  const std::string_view text = value.text();
  if (!text.ends_with('%')) return parseInt(text).value_or(0);
  const int64_t percent = parseInt(text.substr(0, text.size() - 1)).value_or(0);
  return (total * percent + (round_up ? 99 : 0)) / 100;
}

Strategy strategyOf(Value deployment) {
  Strategy out;
  const Value strategy = deployment["spec"]["strategy"];
  if (strategy["type"].text() == "Recreate") {
    out.recreate = true;
    return out;
  }
  const int64_t wanted = replicasOf(deployment);
  const Value rolling = strategy["rollingUpdate"];
  static const doc::Doc quarter = Draft("25%").finish();
  out.max_surge = resolvePercent(
      rolling["maxSurge"].exists() ? rolling["maxSurge"] : quarter.value(), wanted, true);
  out.max_unavailable = resolvePercent(
      rolling["maxUnavailable"].exists() ? rolling["maxUnavailable"] : quarter.value(), wanted,
      false);
  if (out.max_surge == 0 && out.max_unavailable == 0)
    out.max_unavailable = 1;  // else nothing could ever move
  return out;
}

std::vector<Scale> planRollout(Value deployment, const std::vector<doc::Doc>& sets, Value current) {
  const int64_t wanted = std::max<int64_t>(0, replicasOf(deployment));
  std::vector<Scale> plan;
  int64_t total = 0, old_total = 0, old_pods = 0;
  Scale* newest = nullptr;
  for (const doc::Doc& set : sets) {
    plan.push_back({std::string(set["metadata"]["name"].text()), replicasOf(set)});
    total += replicasOf(set);
    if (current.exists() && set["metadata"]["name"] == current["metadata"]["name"]) continue;
    old_total += replicasOf(set);
    old_pods += set["status"]["replicas"].integer();
  }
  for (Scale& scale : plan) {
    if (current.exists() && scale.name == current["metadata"]["name"].text()) newest = &scale;
  }
  if (newest == nullptr) return plan;
  const bool paused = deployment["spec"]["paused"].boolean();
  if (old_total == 0 && (old_pods == 0 || !strategyOf(deployment).recreate)) {
    newest->replicas = wanted;
    return plan;
  }
  if (paused) return plan;
  const Strategy strategy = strategyOf(deployment);
  if (strategy.recreate) {
    for (Scale& scale : plan) {
      if (&scale != newest) scale.replicas = 0;
    }
    if (old_total == 0 && old_pods == 0) newest->replicas = wanted;
    return plan;
  }
  if (newest->replicas > wanted)
    newest->replicas = wanted;
  else
    newest->replicas +=
        std::clamp<int64_t>(wanted + strategy.max_surge - total, 0, wanted - newest->replicas);
  shrinkOld(plan, sets, current, wanted, strategy.max_unavailable);
  return plan;
}

namespace {

void setCondition(Draft& conditions, const char* type, bool value, const char* reason,
                  const std::string& message, const std::string& now) {
  const std::string status = value ? "True" : "False";
  for (size_t i = 0; i < conditions.size(); ++i) {
    Draft& condition = conditions.at(i);
    if (condition["type"].text() != type) continue;
    if (condition["status"].text() == status && condition["reason"].text() == reason &&
        condition["message"].text() == message)
      return;
    if (condition["status"].text() != status) condition["lastTransitionTime"] = now;
    condition["status"] = status;
    condition["reason"] = reason;
    condition["message"] = message;
    condition["lastUpdateTime"] = now;
    return;
  }
  conditions.push(Draft::object({{"type", type},
                                 {"status", status},
                                 {"reason", reason},
                                 {"message", message},
                                 {"lastTransitionTime", now},
                                 {"lastUpdateTime", now}}));
}

void touchCondition(Draft& conditions, const char* type, const std::string& now) {
  for (size_t i = 0; i < conditions.size(); ++i) {
    if (conditions.at(i)["type"].text() == type) conditions.at(i)["lastUpdateTime"] = now;
  }
}

Value progressing(Value status) {
  for (const Value condition : status["conditions"].elements()) {
    if (condition["type"].text() == "Progressing") return condition;
  }
  return {};
}

// A new template or size, or more pods of the new kind, or fewer of the old, or more that work: the
// time that the deadline counts begins anew.
bool hasProgressed(Value before, const Draft& after) {
  const auto now = [&](const char* field) {
    const Draft* value = after.find(field);
    return value == nullptr ? 0 : value->integer();
  };
  const Value condition = progressing(before);
  return !condition.exists() || condition["reason"].text() == "NewReplicaSetAvailable" ||
         condition["reason"].text() == "DeploymentPaused" ||
         before["observedGeneration"].integer() != now("observedGeneration") ||
         now("updatedReplicas") > before["updatedReplicas"].integer() ||
         now("replicas") - now("updatedReplicas") <
             before["replicas"].integer() - before["updatedReplicas"].integer() ||
         now("readyReplicas") > before["readyReplicas"].integer() ||
         now("availableReplicas") > before["availableReplicas"].integer();
}

bool isOverdue(Value deployment, const std::string& now) {
  const auto since = parseRfc3339(progressing(deployment["status"])["lastUpdateTime"].text());
  const auto present = parseRfc3339(now);
  return since && present && *since + seconds(progressDeadline(deployment)) < *present;
}

}  // namespace

int64_t progressDeadline(Value deployment) {
  return deployment["spec"]["progressDeadlineSeconds"].integer(kProgressDeadline);
}

doc::Doc deploymentStatus(Value deployment, const std::vector<doc::Doc>& sets, Value current,
                          const std::string& now) {
  int64_t replicas = 0, ready = 0, available = 0;
  for (const doc::Doc& set : sets) {
    replicas += set["status"]["replicas"].integer();
    ready += set["status"]["readyReplicas"].integer();
    available += availableOf(set);
  }
  const int64_t wanted = replicasOf(deployment);
  const int64_t updated = current["status"]["replicas"].integer();
  Draft status(deployment["status"]);
  if (!status.isObject()) status = Draft::object();
  const auto set = [&](const char* field, int64_t value) {
    if (value > 0)
      status[field] = value;
    else
      status.erase(field);
  };
  set("replicas", replicas);
  set("updatedReplicas", updated);
  set("readyReplicas", ready);
  set("availableReplicas", available);
  set("unavailableReplicas", std::max<int64_t>(0, std::max(wanted, replicas) - available));
  status["observedGeneration"] = deployment["metadata"]["generation"].integer();
  Draft& conditions = status["conditions"];
  if (!conditions.isArray()) conditions = Draft::array();
  const bool enough = available >= wanted - strategyOf(deployment).max_unavailable;
  setCondition(conditions, "Available", enough,
               enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
               enough ? "Deployment has minimum availability."
                      : "Deployment does not have minimum availability.",
               now);
  const std::string set_name(current["metadata"]["name"].text());
  const bool complete = updated == wanted && replicas == wanted && available == wanted;
  if (complete) {
    setCondition(conditions, "Progressing", true, "NewReplicaSetAvailable",
                 cat("ReplicaSet \"", set_name, "\" has successfully progressed."), now);
  } else if (deployment["spec"]["paused"].boolean()) {
    setCondition(conditions, "Progressing", true, "DeploymentPaused", "Deployment is paused", now);
  } else if (hasProgressed(deployment["status"], status)) {
    setCondition(conditions, "Progressing", true, "ReplicaSetUpdated",
                 cat("ReplicaSet \"", set_name, "\" is progressing."), now);
    touchCondition(conditions, "Progressing", now);
  } else if (isOverdue(deployment, now)) {
    setCondition(conditions, "Progressing", false, "ProgressDeadlineExceeded",
                 cat("ReplicaSet \"", set_name, "\" has timed out progressing."), now);
  }
  return status.finish();
}

std::string templateHash(Value pod_template, int64_t collisions) {
  constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
  const std::string digest = sha256(cat(doc::toJson(withoutHash(pod_template)), "#", collisions));
  std::string out;
  for (size_t i = 0; i < 10; ++i)
    out.push_back(kAlphabet[static_cast<uint8_t>(digest[i]) % kAlphabet.size()]);
  return out;
}

bool equalTemplates(Value a, Value b) {
  return withoutHash(a) == withoutHash(b);
}

}  // namespace meshka::control
