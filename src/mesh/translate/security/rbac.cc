// Rules of AuthorizationPolicies: (any source) and (any operation) and all conditions.
#include "mesh/translate/security/rbac.h"

#include "base/strings.h"
#include "mesh/translate/security/conditions.h"

namespace meshka::mesh {
namespace {

constexpr std::string_view kSourceFields[] = {"principals", "requestPrincipals", "namespaces",
                                              "ipBlocks", "remoteIpBlocks"};
constexpr std::string_view kOperationFields[] = {"hosts", "ports", "methods", "paths"};

// "principals" -> "notPrincipals"
std::string negated(std::string_view field) {
  std::string out = cat("not", field);
  out[3] = static_cast<char>(out[3] - 'a' + 'A');
  return out;
}

struct Context {
  const std::vector<std::string>& trust_domains;
  bool deny = false;
  bool http = true;
};

// The and-list of one rule's permissions or principals.
struct Terms {
  std::vector<Draft> all;
  bool impossible = false;  // an ALLOW rule that must not match
};

class Side {
 public:
  Side(const Context& context, bool permission) : context_(context), permission_(permission) {}

  void add(Terms& terms, std::string_view field, const std::vector<std::string>& values,
           bool negative) const {
    if (values.empty()) return;
    // What cannot be looked at on this connection narrows an ALLOW to nothing and widens a DENY.
    if (needsHttp(field) && !context_.http) {
      terms.impossible = terms.impossible || !context_.deny;
      return;
    }
    auto any = permission_ ? permissionsOf(field, values)
                           : principalsOf(field, values, context_.trust_domains);
    if (!any) {
      terms.impossible = terms.impossible || !context_.deny;
      return;
    }
    Draft one = orOf(std::move(*any));
    if (negative) one = obj(permission_ ? "not_rule" : "not_id", std::move(one));
    terms.all.push_back(std::move(one));
  }

  Terms termsOf(doc::Value block) const {
    Terms out;
    const auto each = [&](std::string_view field) {
      add(out, field, texts(block[field]), false);
      add(out, field, texts(block[negated(field)]), true);
    };
    if (permission_) {
      for (const std::string_view field : kOperationFields) each(field);
    } else {
      for (const std::string_view field : kSourceFields) each(field);
    }
    return out;
  }

  Draft orOf(std::vector<Draft> any) const {
    return permission_ ? obj("or_rules", obj("rules", Draft::array(std::move(any))))
                       : obj("or_ids", obj("ids", Draft::array(std::move(any))));
  }
  Draft andOf(std::vector<Draft> all) const {
    if (all.empty()) return obj("any", true);
    return permission_ ? obj("and_rules", obj("rules", Draft::array(std::move(all))))
                       : obj("and_ids", obj("ids", Draft::array(std::move(all))));
  }

  // One entry per source (operation), each with the conditions; empty: the rule cannot match.
  std::vector<Draft> entries(doc::Value list, std::string_view member, doc::Value when) const {
    Terms conditions;
    for (doc::Value condition : when.elements()) {
      const auto field = whenField(condition["key"].text());
      if (!field) {
        conditions.impossible = conditions.impossible || !context_.deny;
      } else if (field->permission == permission_) {
        add(conditions, field->field, texts(condition["values"]), false);
        add(conditions, field->field, texts(condition["notValues"]), true);
      }
    }
    std::vector<Draft> out;
    if (conditions.impossible) return out;
    if (list.empty()) out.push_back(andOf(conditions.all));
    for (doc::Value element : list.elements()) {
      Terms terms = termsOf(element[member]);
      if (terms.impossible) continue;
      terms.all.insert(terms.all.end(), conditions.all.begin(), conditions.all.end());
      out.push_back(andOf(std::move(terms.all)));
    }
    return out;
  }

 private:
  const Context& context_;
  const bool permission_;
};

void addPolicy(Draft& policies, doc::Value policy, const Context& context) {
  size_t index = 0;
  for (doc::Value rule : policy["spec"]["rules"].elements()) {
    const std::string name =
        cat("ns[", metaNamespace(policy), "]-policy[", metaName(policy), "]-rule[", index++, "]");
    auto permissions = Side(context, true).entries(rule["to"], "operation", rule["when"]);
    auto principals = Side(context, false).entries(rule["from"], "source", rule["when"]);
    if (permissions.empty() || principals.empty()) continue;
    policies[name] = obj("permissions", Draft::array(std::move(permissions)), "principals",
                         Draft::array(std::move(principals)));
  }
}

Draft filterOf(Draft policies, bool deny, RbacKind kind) {
  Draft rules = obj("policies", std::move(policies));
  if (deny) rules["action"] = "DENY";
  return kind == RbacKind::kHttp
             ? extension("envoy.filters.http.rbac", "envoy.extensions.filters.http.rbac.v3.RBAC",
                         "rules", std::move(rules))
             : extension("envoy.filters.network.rbac",
                         "envoy.extensions.filters.network.rbac.v3.RBAC", "stat_prefix", "tcp.",
                         "rules", std::move(rules));
}

std::string_view actionOf(doc::Value policy) {
  return policy["spec"]["action"].text("ALLOW");
}

}  // namespace

std::vector<Draft> rbacFilters(const Model& model, std::string_view ns, const Labels& labels,
                               RbacKind kind) {
  const std::vector<std::string> domains = model.trustDomains();
  Draft deny = obj(), allow = obj();
  bool denies = false, allows = false;
  for (const doc::Value policy : model.authorizations(ns, labels)) {
    const std::string_view action = actionOf(policy);
    if (action == "AUDIT") continue;
    // An external authorizer that nobody asks must not mean "yes".
    const bool is_deny = action == "DENY" || action == "CUSTOM";
    Context context{domains, is_deny, kind == RbacKind::kHttp};
    addPolicy(is_deny ? deny : allow, policy, context);
    denies = denies || is_deny;
    allows = allows || !is_deny;
  }
  std::vector<Draft> out;
  if (denies && deny.size() > 0) out.push_back(filterOf(std::move(deny), true, kind));
  if (allows) out.push_back(filterOf(std::move(allow), false, kind));
  return out;
}

std::vector<std::string> untranslatedFields(doc::Value policy) {
  std::vector<std::string> out;
  const std::string_view action = actionOf(policy);
  if (action == "CUSTOM") out.emplace_back("action CUSTOM (denied instead)");
  if (action == "AUDIT") out.emplace_back("action AUDIT");
  size_t index = 0;
  for (doc::Value rule : policy["spec"]["rules"].elements()) {
    const std::string at = cat("rules[", index++, "]");
    for (doc::Value from : rule["from"].elements()) {
      for (const std::string_view field : {"requestPrincipals", "notRequestPrincipals"}) {
        if (!from["source"][field].empty()) out.push_back(cat(at, ".from.source.", field));
      }
    }
    for (doc::Value when : rule["when"].elements()) {
      const std::string_view key = when["key"].text();
      if (!whenField(key) || key == "request.auth.principal") {
        out.push_back(cat(at, ".when key ", key));
      }
    }
  }
  return out;
}

}  // namespace meshka::mesh
