// Deployments and what else makes pods of a template.
#include <string>

#include "api/validation/names.h"
#include "api/validation/rules.h"
#include "base/strings.h"

namespace meshka::api {
namespace {

using schema::forbiddenField;
using schema::invalidValue;
using schema::requiredValue;
using schema::unsupportedValue;

// Selector and template, as all kinds of apps/v1 have them. `kind` in lower case is for the
// message.
void selectorAndTemplate(Value spec, std::string_view kind, Causes& out) {
  Value selector = spec["selector"];
  if (!selector.isObject()) {
    out.push_back(requiredValue("spec.selector"));
  } else {
    checkLabelSelector(selector, "spec.selector", out);
    if (selector["matchLabels"].size() + selector["matchExpressions"].size() == 0) {
      out.push_back(
          invalidValue("spec.selector", selector, cat("empty selector is invalid for ", kind)));
      selector = Value();
    }
  }
  if (!spec["template"].isObject())
    out.push_back(requiredValue("spec.template"));
  else
    validatePodTemplate(spec["template"], "spec.template", selector, "Always", out);
  checkNonNegative(spec["replicas"], "spec.replicas", out);
  checkNonNegative(spec["minReadySeconds"], "spec.minReadySeconds", out);
  checkNonNegative(spec["revisionHistoryLimit"], "spec.revisionHistoryLimit", out);
}

bool isZero(Value count) {
  if (count.isString()) return count.text() == "0%" || count.text() == "0";
  return count.exists() && count.integer() == 0;
}

void checkCount(Value count, const std::string& path, Causes& out) {
  if (!count.isString()) return checkNonNegative(count, path, out);
  std::string_view text = count.text();
  bool percent = text.ends_with('%') && parseInt(text.substr(0, text.size() - 1)).value_or(-1) >= 0;
  if (!percent) {
    out.push_back(invalidValue(
        path, count,
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. "
        "'1%',  or '93%', regex used for validation is '[0-9]+%')"));
  }
}

// What an update may change; everything else of the spec stays.
void onlyThese(Value spec, Value before, std::initializer_list<std::string_view> allowed,
               std::string_view text, Causes& out) {
  doc::Draft now(spec), was(before);
  for (std::string_view name : allowed) {
    if (now.isObject()) now.erase(name);
    if (was.isObject()) was.erase(name);
  }
  if (!(now.finish() == was.finish())) out.push_back(forbiddenField("spec", text));
}

void jobTemplate(Value spec, const std::string& path, Causes& out) {
  for (std::string_view name : {"parallelism", "completions", "activeDeadlineSeconds",
                                "backoffLimit", "ttlSecondsAfterFinished"}) {
    checkNonNegative(spec[name], child(path, name), out);
  }
  if (spec["completionMode"].text() == "Indexed" && !spec["completions"].exists()) {
    out.push_back(requiredValue(child(path, "completions"), "when completion mode is Indexed"));
  }
  if (!spec["template"].isObject())
    out.push_back(requiredValue(child(path, "template")));
  else
    validatePodTemplate(spec["template"], child(path, "template"), Value(), "OnFailure,Never", out);
}

}  // namespace

void validateDeployment(Value object, Value, Causes& out) {
  Value spec = object["spec"];
  selectorAndTemplate(spec, "deployment", out);
  Value rolling = spec["strategy"]["rollingUpdate"];
  std::string_view type = spec["strategy"]["type"].text("RollingUpdate");
  if (type == "Recreate" && rolling.isObject()) {
    out.push_back(forbiddenField("spec.strategy.rollingUpdate",
                                 "may not be specified when strategy `type` is 'Recreate'"));
  }
  if (type == "RollingUpdate") {
    checkCount(rolling["maxUnavailable"], "spec.strategy.rollingUpdate.maxUnavailable", out);
    checkCount(rolling["maxSurge"], "spec.strategy.rollingUpdate.maxSurge", out);
    if (isZero(rolling["maxUnavailable"]) && isZero(rolling["maxSurge"])) {
      out.push_back(invalidValue("spec.strategy.rollingUpdate.maxUnavailable",
                                 rolling["maxUnavailable"], "may not be 0 when `maxSurge` is 0"));
    }
  }
  Value deadline = spec["progressDeadlineSeconds"];
  checkNonNegative(deadline, "spec.progressDeadlineSeconds", out);
  if (deadline.exists() && deadline.integer() <= spec["minReadySeconds"].integer()) {
    out.push_back(invalidValue("spec.progressDeadlineSeconds", deadline,
                               "must be greater than minReadySeconds"));
  }
}

void validateReplicaSet(Value object, Value, Causes& out) {
  selectorAndTemplate(object["spec"], "replicaset", out);
}

void validateDaemonSet(Value object, Value, Causes& out) {
  Value spec = object["spec"];
  selectorAndTemplate(spec, "daemonset", out);
  Value rolling = spec["updateStrategy"]["rollingUpdate"];
  if (!rolling.isObject()) return;
  checkCount(rolling["maxUnavailable"], "spec.updateStrategy.rollingUpdate.maxUnavailable", out);
  checkCount(rolling["maxSurge"], "spec.updateStrategy.rollingUpdate.maxSurge", out);
  if (isZero(rolling["maxUnavailable"]) &&
      (isZero(rolling["maxSurge"]) || !rolling["maxSurge"].exists())) {
    out.push_back(requiredValue("spec.updateStrategy.rollingUpdate.maxUnavailable",
                                "cannot be 0 when maxSurge is 0"));
  }
}

void validateStatefulSet(Value object, Value old, Causes& out) {
  Value spec = object["spec"];
  selectorAndTemplate(spec, "statefulset", out);
  checkNonNegative(spec["updateStrategy"]["rollingUpdate"]["partition"],
                   "spec.updateStrategy.rollingUpdate.partition", out);
  if (!old.exists()) return;
  onlyThese(spec, old["spec"],
            {"replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
             "persistentVolumeClaimRetentionPolicy", "minReadySeconds"},
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
            "'updateStrategy', "
            "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' "
            "are forbidden",
            out);
}

void validateReplicationController(Value object, Value, Causes& out) {
  Value spec = object["spec"];
  if (spec["selector"].size() == 0) out.push_back(requiredValue("spec.selector"));
  checkNonNegative(spec["replicas"], "spec.replicas", out);
  if (!spec["template"].isObject()) {
    out.push_back(requiredValue("spec.template"));
    return;
  }
  doc::Doc selector = doc::Draft::object({{"matchLabels", doc::Draft(spec["selector"])}}).finish();
  validatePodTemplate(spec["template"], "spec.template",
                      spec["selector"].size() == 0 ? Value() : selector.value(), "Always", out);
}

void validateJob(Value object, Value old, Causes& out) {
  Value spec = object["spec"];
  jobTemplate(spec, "spec", out);
  if (!old.exists()) return;
  Value before = old["spec"];
  bool indexed_job = before["completionMode"].text() == "Indexed";
  if (!indexed_job)
    checkImmutable(spec["completions"], before["completions"], "spec.completions", out);
  checkImmutable(spec["selector"], before["selector"], "spec.selector", out);
  // A suspended job that never ran may still be placed: node selector, affinity, tolerations,
  // labels.
  bool placed = before["suspend"].boolean() && !old["status"]["startTime"].exists();
  if (!placed) checkImmutable(spec["template"], before["template"], "spec.template", out);
}

void validateCronJob(Value object, Value, Causes& out) {
  Value spec = object["spec"];
  Value schedule = spec["schedule"];
  if (schedule.text().empty())
    out.push_back(requiredValue("spec.schedule"));
  else if (!schedule.text().starts_with('@')) {
    size_t fields = 0;
    for (std::string_view part : split(trim(schedule.text()), ' ')) fields += !part.empty();
    if (fields != 5) {
      out.push_back(invalidValue("spec.schedule", schedule,
                                 cat("expected exactly 5 fields, found ", fields)));
    }
  }
  for (std::string_view name :
       {"startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"}) {
    checkNonNegative(spec[name], child("spec", name), out);
  }
  if (object["metadata"]["name"].text().size() > 52) {
    out.push_back(invalidValue("metadata.name", object["metadata"]["name"],
                               "must be no more than 52 characters"));
  }
  if (!spec["jobTemplate"].isObject())
    out.push_back(requiredValue("spec.jobTemplate"));
  else
    jobTemplate(spec["jobTemplate"]["spec"], "spec.jobTemplate.spec", out);
}

}  // namespace meshka::api
