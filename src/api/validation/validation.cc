#include "api/validation/validation.h"

#include <algorithm>
#include <string_view>

#include "api/validation/names.h"
#include "api/validation/rules.h"
#include "base/strings.h"
#include "doc/json.h"
#include "schema/limits.h"

namespace meshka::api {
namespace {

using schema::forbiddenField;
using schema::invalidText;
using schema::invalidValue;
using schema::requiredValue;

constexpr size_t kMaxAnnotationBytes = 256 * 1024;

void metadata(const Kind& kind, Value object, Value old, Causes& out) {
  Value meta = object["metadata"];
  std::string_view name = meta["name"].text();
  std::string_view rule = kind.entry().name_rule;
  if (name.empty()) {
    Value prefix = meta["generateName"];
    if (prefix.text().empty()) {
      out.push_back(requiredValue("metadata.name", "name or generateName is required"));
    } else {
      // A suffix follows, so that a prefix may end with a hyphen.
      std::string problem = nameProblem(rule, cat(prefix.text(), "x"));
      if (!problem.empty()) out.push_back(invalidValue("metadata.generateName", prefix, problem));
    }
  } else if (!old.exists()) {
    if (std::string problem = nameProblem(rule, name); !problem.empty()) {
      out.push_back(invalidText("metadata.name", name, problem));
    }
  }
  Value ns = meta["namespace"];
  if (kind.namespaced() && ns.text().empty()) out.push_back(requiredValue("metadata.namespace"));
  if (!kind.namespaced() && !ns.text().empty())
    out.push_back(forbiddenField("metadata.namespace", "not allowed on this type"));
  if (!ns.text().empty() && kind.namespaced())
    checkText(ns, "metadata.namespace", dnsLabelProblem, out);
  checkLabels(meta["labels"], "metadata.labels", out);

  size_t bytes = 0;
  for (auto [key, value] : meta["annotations"].members()) {
    bytes += key.size() + value.text().size();
    if (std::string problem = qualifiedNameProblem(toLower(key)); !problem.empty()) {
      out.push_back(invalidText("metadata.annotations", key, problem));
    }
  }
  if (bytes > kMaxAnnotationBytes)
    out.push_back(schema::tooLong("metadata.annotations", kMaxAnnotationBytes));
  for (Value finalizer : meta["finalizers"].elements()) {
    if (std::string problem = qualifiedNameProblem(finalizer.text()); !problem.empty()) {
      out.push_back(invalidValue("metadata.finalizers", finalizer, problem));
    }
  }
}

void owners(Value references, Causes& out) {
  std::string controller;
  for (size_t i = 0; i < references.size(); i++) {
    std::string path = indexed("metadata.ownerReferences", i);
    Value reference = references[i];
    if (reference["apiVersion"].text().empty()) {
      out.push_back(invalidText(child(path, "apiVersion"), "", "version must not be empty"));
    }
    for (std::string_view name : {"kind", "name", "uid"}) {
      if (reference[name].text().empty())
        out.push_back(invalidText(child(path, name), "", cat(name, " must not be empty")));
    }
    if (!reference["controller"].boolean()) continue;
    std::string described = cat(reference["kind"].text(), "/", reference["name"].text());
    if (!controller.empty()) {
      out.push_back(invalidValue("metadata.ownerReferences", references,
                                 cat("Only one reference can have Controller set to true. Found "
                                     "\"true\" in references for ",
                                     controller, " and ", described)));
    }
    controller = described;
  }
}

// Texts that the schema restricts to a few values; what did not change is not judged again.
void enumerations(const schema::Schema& node, Value value, Value old, const std::string& path,
                  uint32_t depth, Causes& out) {
  if (depth > schema::kMaxWalkDepth || !value.exists() || value.isNull() ||
      (old.exists() && old == value))
    return;
  if (value.isString() && node.rules != nullptr && !node.rules->enums_json.empty() &&
      !value.text().empty()) {
    auto unquoted = [](std::string_view json) { return json.substr(1, json.size() - 2); };
    if (std::ranges::find(node.rules->enums_json, value.text(), unquoted) !=
        node.rules->enums_json.end())
      return;
    std::vector<std::string> supported;
    for (std::string_view option : node.rules->enums_json) supported.emplace_back(unquoted(option));
    std::ranges::sort(supported);
    out.push_back(schema::unsupportedValue(path, value, supported));
  }
  if (value.isArray() && node.items != nullptr) {
    for (size_t i = 0; i < value.size(); i++)
      enumerations(*node.items, value[i], old[i], indexed(path, i), depth + 1, out);
  }
  for (auto [key, member] : value.members()) {
    const schema::Property* property = node.property(key);
    if (property != nullptr)
      enumerations(*property->schema, member, old[key], child(path, key), depth + 1, out);
  }
}

void immutables(const Kind& kind, Value object, Value old, Causes& out) {
  for (std::string_view pointer : kind.entry().immutable) {
    Value before = old.atPointer(pointer);
    if (!before.exists()) continue;  // may be set once
    std::string path(pointer.substr(1));
    std::ranges::replace(path, '/', '.');
    checkImmutable(object.atPointer(pointer), before, path, out);
  }
}

struct Entry {
  std::string_view group, plural;
  Validate function;
};

constexpr Entry kTable[] = {
    {"", "configmaps", validateConfigMap},
    {"", "persistentvolumeclaims", validatePersistentVolumeClaim},
    {"", "pods", validatePod},
    {"", "replicationcontrollers", validateReplicationController},
    {"", "secrets", validateSecret},
    {"", "services", validateService},
    {"admissionregistration.k8s.io", "mutatingwebhookconfigurations", validateMutatingWebhooks},
    {"admissionregistration.k8s.io", "validatingwebhookconfigurations", validateValidatingWebhooks},
    {"apps", "daemonsets", validateDaemonSet},
    {"apps", "deployments", validateDeployment},
    {"apps", "replicasets", validateReplicaSet},
    {"apps", "statefulsets", validateStatefulSet},
    {"autoscaling", "horizontalpodautoscalers", validateAutoscaler},
    {"batch", "cronjobs", validateCronJob},
    {"batch", "jobs", validateJob},
    {"discovery.k8s.io", "endpointslices", validateEndpointSlice},
    {"networking.k8s.io", "ingresses", validateIngress},
    {"networking.k8s.io", "networkpolicies", validateNetworkPolicy},
    {"policy", "poddisruptionbudgets", validateDisruptionBudget},
    {"rbac.authorization.k8s.io", "clusterrolebindings", validateClusterRoleBinding},
    {"rbac.authorization.k8s.io", "clusterroles", validateClusterRole},
    {"rbac.authorization.k8s.io", "rolebindings", validateRoleBinding},
    {"rbac.authorization.k8s.io", "roles", validateRole},
    {"scheduling.k8s.io", "priorityclasses", validatePriorityClass},
};

}  // namespace

std::vector<Cause> validateMetadata(const Kind& kind, doc::Value object, doc::Value old) {
  Causes out;
  metadata(kind, object, old, out);
  owners(object["metadata"]["ownerReferences"], out);
  return out;
}

std::vector<Cause> validateObject(const Kind& kind, doc::Value object, doc::Value old) {
  Causes out;
  if (kind.entry().stored) out = validateMetadata(kind, object, old);
  if (kind.custom() != nullptr) return out;
  enumerations(kind.schema(), object, old, "", 0, out);
  if (old.exists()) immutables(kind, object, old, out);
  for (const Entry& entry : kTable) {
    if (entry.group == kind.entry().storage_group && entry.plural == kind.entry().storage_plural) {
      entry.function(object, old, out);
    }
  }
  return out;
}

}  // namespace meshka::api
