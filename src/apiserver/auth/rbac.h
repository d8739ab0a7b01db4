// The RBAC authorizer (rbac.authorization.k8s.io/v1) and its escalation check: nobody grants what
// he lacks.
#pragma once

#include "apiserver/auth/rbac_index.h"
#include "apiserver/auth_interfaces.h"

namespace meshka::apiserver {

class RbacAuthorizer final : public Authorizer, public EscalationCheck {
 public:
  RbacAuthorizer(store::Store& store, std::string cluster) : index_(store, std::move(cluster)) {}
  Result<void> start() { return index_.start(); }

  Decision authorize(const User& user, const Attributes& wanted) override;
  Result<void> checkWrite(const User& user, std::string_view resource, std::string_view ns,
                          doc::Value before, doc::Value after) override;

  // All rules that hold for the user in a namespace: SelfSubjectRulesReview.
  std::vector<PolicyRule> rulesFor(const User& user, std::string_view ns);

 private:
  bool mayVerb(const User& user, std::string_view verb, std::string_view resource,
               std::string_view ns, std::string_view name);
  Result<void> checkRole(const User& user, std::string_view resource, std::string_view ns,
                         doc::Value before, doc::Value after);
  Result<void> checkBinding(const User& user, std::string_view resource, std::string_view ns,
                            doc::Value before, doc::Value after);
  RbacIndex index_;
};

}  // namespace meshka::apiserver
