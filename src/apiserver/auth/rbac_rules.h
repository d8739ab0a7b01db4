// Policy rules of rbac.authorization.k8s.io/v1, compiled: what they allow, and whether one set of
// rules covers another.
#pragma once

#include <string>
#include <vector>

#include "apiserver/auth_interfaces.h"
#include "doc/doc.h"

namespace meshka::apiserver {

struct PolicyRule {
  std::vector<std::string> verbs;
  std::vector<std::string> groups;
  std::vector<std::string> resources;  // "pods", "pods/log", "*/scale", "*"
  std::vector<std::string> names;      // empty: every name
  std::vector<std::string> urls;       // non-resource: "/healthz", "/healthz/*", "*"

  bool allows(const Attributes& wanted) const;
};

std::vector<PolicyRule> compileRules(doc::Value rules);

// The parts of `wanted` that no rule of `held` allows, each as Kubernetes prints it in refusals;
// empty: covered. A request for a wildcard is covered by a wildcard only.
std::vector<std::string> notCovered(const std::vector<PolicyRule>& held,
                                    const std::vector<PolicyRule>& wanted);

}  // namespace meshka::apiserver
