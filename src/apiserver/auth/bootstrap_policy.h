// The roles and bindings of a fresh cluster (schemas/rbac/default-policy.yaml), as objects to
// create.
#pragma once

#include <vector>

#include "doc/doc.h"

namespace meshka::apiserver {

// ClusterRoles, ClusterRoleBindings, Roles, RoleBindings, each with apiVersion, kind and metadata,
// in this order. They carry the label kubernetes.io/bootstrapping=rbac-defaults.
Result<std::vector<doc::Doc>> defaultPolicy();

// What reconciling on start does with a default object that is there already: rules and subjects
// that are missing are added, additions of others stay; objects whose annotation
// rbac.authorization.kubernetes.io/autoupdate is "false" are left alone. Missing (!exists()):
// nothing to write.
doc::Doc reconciled(doc::Value stored, doc::Value wanted);

}  // namespace meshka::apiserver
