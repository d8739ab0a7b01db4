// Roles and bindings of one cluster, indexed for questions: kept equal to the store by its watches,
// so no request scans.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "apiserver/auth/rbac_rules.h"
#include "base/function.h"
#include "store/store.h"

namespace meshka::apiserver {

class RbacIndex final : private store::Watcher {
 public:
  RbacIndex(store::Store& store, std::string cluster)
      : store_(store), cluster_(std::move(cluster)) {}
  // Reads what is there and follows. Errors: those of the store.
  Result<void> start();

  // Calls `visit` with each set of rules that holds for the user: of cluster-wide bindings, and
  // with `ns` not empty of that namespace's. `visit` returns false to stop.
  struct Grant {
    const std::vector<PolicyRule>& rules;
    const std::string& binding;  // as messages name it: RoleBinding "name/ns"
    const std::string& role;     // ClusterRole "name"
    const std::string& subject;  // Group "name"
  };
  using Visit = Function<bool(const Grant&)>;
  void visitGrants(const User& user, std::string_view ns, Visit visit);

  // Rules of a role, aggregation included; nullptr when there is no such role.
  const std::vector<PolicyRule>* rulesOf(std::string_view kind, std::string_view ns,
                                         std::string_view name);

 private:
  struct Role {
    doc::Doc object;
    std::vector<PolicyRule> rules;  // own ones
  };
  struct Binding {
    std::string role_kind, role_name;
    std::vector<std::string> subjects;  // "u:NAME", "g:NAME"
  };
  using Name = std::pair<std::string, std::string>;  // namespace ("" for cluster), name

  void onEvents(const std::vector<const store::Event*>& events) override;
  void take(const store::Item& item, bool gone);
  void takeBinding(const Name& name, doc::Value object, bool gone);

  store::Store& store_;
  std::string cluster_;
  std::vector<std::unique_ptr<store::Subscription>> subscriptions_;
  std::map<Name, Role> roles_;
  std::map<Name, Binding> bindings_;
  std::map<std::string, std::set<Name>> by_subject_;
  std::map<std::string, std::vector<PolicyRule>>
      aggregated_;  // by cluster role; emptied when any cluster role changes
};

}  // namespace meshka::apiserver
