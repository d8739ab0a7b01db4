// What the validation functions of the kinds have in common.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "doc/doc.h"
#include "schema/field_error.h"

namespace meshka::api {

using Causes = std::vector<Cause>;
using doc::Value;
using schema::child;
using schema::indexed;
using schema::keyed;

// (new, old or missing): one per kind, in the table of validation.cc.
using Validate = void (*)(Value object, Value old, Causes& out);

// A problem text of names.h becomes a cause.
void checkText(Value value, const std::string& path, std::string (*problem)(std::string_view),
               Causes& out);
void checkNonNegative(Value value, const std::string& path, Causes& out);
void checkPort(Value value, const std::string& path, Causes& out);  // 1 to 65535
void checkPortOrName(Value value, const std::string& path,
                     Causes& out);  // a number, or the name of a port
void checkImmutable(Value now, Value before, const std::string& path, Causes& out);
void checkLabels(Value labels, const std::string& path, Causes& out);
void checkLabelSelector(Value selector, const std::string& path, Causes& out);
// True when the labels satisfy the selector ({} selects everything, absent nothing).
bool selects(Value selector, Value labels);
// The quantity as a number; 0 when it is none.
double quantityNumber(Value quantity);
// Requests must not exceed limits.
void checkResources(Value resources, const std::string& path, Causes& out);

// Families of kinds.
void validatePodSpec(Value spec, const std::string& path, Causes& out);
void validatePodTemplate(Value pod_template, const std::string& path, Value selector,
                         const char* restart_policies, Causes& out);

void validatePod(Value object, Value old, Causes& out);
void validateService(Value object, Value old, Causes& out);
void validateDeployment(Value object, Value old, Causes& out);
void validateReplicaSet(Value object, Value old, Causes& out);
void validateStatefulSet(Value object, Value old, Causes& out);
void validateDaemonSet(Value object, Value old, Causes& out);
void validateReplicationController(Value object, Value old, Causes& out);
void validateJob(Value object, Value old, Causes& out);
void validateCronJob(Value object, Value old, Causes& out);
void validateConfigMap(Value object, Value old, Causes& out);
void validateSecret(Value object, Value old, Causes& out);
void validateRole(Value object, Value old, Causes& out);
void validateClusterRole(Value object, Value old, Causes& out);
void validateRoleBinding(Value object, Value old, Causes& out);
void validateClusterRoleBinding(Value object, Value old, Causes& out);
void validateMutatingWebhooks(Value object, Value old, Causes& out);
void validateValidatingWebhooks(Value object, Value old, Causes& out);
void validateIngress(Value object, Value old, Causes& out);
void validateNetworkPolicy(Value object, Value old, Causes& out);
void validateEndpointSlice(Value object, Value old, Causes& out);
void validateAutoscaler(Value object, Value old, Causes& out);
void validateDisruptionBudget(Value object, Value old, Causes& out);
void validatePriorityClass(Value object, Value old, Causes& out);
void validatePersistentVolumeClaim(Value object, Value old, Causes& out);

}  // namespace meshka::api
