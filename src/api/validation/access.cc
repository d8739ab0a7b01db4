// RBAC and webhook configurations.
#include <algorithm>
#include <set>
#include <string>

#include "api/validation/names.h"
#include "api/validation/rules.h"
#include "base/strings.h"

namespace meshka::api {
namespace {

using schema::duplicateValue;
using schema::invalidText;
using schema::invalidValue;
using schema::requiredValue;
using schema::show;
using schema::unsupportedValue;

constexpr std::string_view kGroup = "rbac.authorization.k8s.io";

void policyRules(Value rules, bool namespaced, Causes& out) {
  for (size_t i = 0; i < rules.size(); i++) {
    std::string at = indexed("rules", i);
    Value rule = rules[i];
    if (rule["verbs"].size() == 0)
      out.push_back(requiredValue(child(at, "verbs"), "verbs must contain at least one value"));
    if (rule["nonResourceURLs"].size() != 0) {
      if (namespaced) {
        out.push_back(invalidValue(child(at, "nonResourceURLs"), rule["nonResourceURLs"],
                                   "namespaced rules cannot apply to non-resource URLs"));
      }
      if (rule["apiGroups"].size() + rule["resources"].size() + rule["resourceNames"].size() != 0) {
        out.push_back(
            invalidValue(child(at, "nonResourceURLs"), rule["nonResourceURLs"],
                         "rules cannot apply to both regular resources and non-resource URLs"));
      }
      continue;
    }
    if (rule["apiGroups"].size() == 0) {
      out.push_back(requiredValue(child(at, "apiGroups"),
                                  "resource rules must supply at least one api group"));
    }
    if (rule["resources"].size() == 0) {
      out.push_back(requiredValue(child(at, "resources"),
                                  "resource rules must supply at least one resource"));
    }
  }
}

void binding(Value object, Value old, bool namespaced, Causes& out) {
  Value ref = object["roleRef"];
  if (ref["apiGroup"].text() != kGroup) {
    out.push_back(unsupportedValue("roleRef.apiGroup", ref["apiGroup"], {std::string(kGroup)}));
  }
  std::vector<std::string> kinds = {"ClusterRole"};
  if (namespaced) kinds = {"Role", "ClusterRole"};
  if (std::ranges::find(kinds, ref["kind"].text()) == kinds.end()) {
    out.push_back(unsupportedValue("roleRef.kind", ref["kind"], kinds));
  }
  if (ref["name"].text().empty())
    out.push_back(requiredValue("roleRef.name"));
  else
    checkText(ref["name"], "roleRef.name", pathSegmentProblem, out);
  Value subjects = object["subjects"];
  for (size_t i = 0; i < subjects.size(); i++) {
    std::string at = indexed("subjects", i);
    Value subject = subjects[i];
    std::string_view kind = subject["kind"].text(), group = subject["apiGroup"].text();
    if (subject["name"].text().empty()) out.push_back(requiredValue(child(at, "name")));
    bool account = kind == "ServiceAccount";
    // In a RoleBinding an account without a namespace is one of the binding's own.
    if (account && !namespaced && subject["namespace"].text().empty())
      out.push_back(requiredValue(child(at, "namespace")));
    if (account && !group.empty())
      out.push_back(unsupportedValue(child(at, "apiGroup"), subject["apiGroup"], {""}));
    if ((kind == "User" || kind == "Group") && group != kGroup) {
      out.push_back(
          unsupportedValue(child(at, "apiGroup"), subject["apiGroup"], {std::string(kGroup)}));
    }
  }
  if (old.exists() && !(old["roleRef"] == ref))
    out.push_back(invalidValue("roleRef", ref, "cannot change roleRef"));
}

void clientConfig(Value config, const std::string& path, Causes& out) {
  bool url = config["url"].exists(), service = config["service"].isObject();
  if (url == service) {
    out.push_back(requiredValue(path, "exactly one of url or service is required"));
  } else if (url && !config["url"].text().starts_with("https://")) {
    out.push_back(
        invalidValue(child(path, "url"), config["url"], "'https' is the only allowed URL scheme"));
  } else if (service) {
    std::string at = child(path, "service");
    if (config["service"]["name"].text().empty())
      out.push_back(requiredValue(child(at, "name"), "service name is required"));
    if (config["service"]["namespace"].text().empty()) {
      out.push_back(requiredValue(child(at, "namespace"), "service namespace is required"));
    }
    if (config["service"]["port"].exists())
      checkPort(config["service"]["port"], child(at, "port"), out);
    std::string_view path_text = config["service"]["path"].text();
    if (!path_text.empty() && !path_text.starts_with('/')) {
      out.push_back(
          invalidValue(child(at, "path"), config["service"]["path"], "must start with a '/'"));
    }
  }
}

void webhooks(Value list, Causes& out) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < list.size(); i++) {
    std::string at = indexed("webhooks", i);
    Value hook = list[i], name = hook["name"];
    if (name.text().empty()) {
      out.push_back(requiredValue(child(at, "name")));
    } else {
      checkText(name, child(at, "name"), dnsSubdomainProblem, out);
      if (split(name.text(), '.').size() < 3) {
        out.push_back(
            invalidValue(child(at, "name"), name,
                         "should be a domain with at least three segments separated by dots"));
      }
      if (!names.insert(name.text()).second)
        out.push_back(duplicateValue(child(at, "name"), show(name)));
    }
    Value versions = hook["admissionReviewVersions"];
    bool known = false;
    for (Value version : versions.elements())
      known |= version.text() == "v1" || version.text() == "v1beta1";
    if (versions.size() == 0) {
      out.push_back(
          requiredValue(child(at, "admissionReviewVersions"), "must specify one of v1, v1beta1"));
    } else if (!known) {
      out.push_back(invalidValue(child(at, "admissionReviewVersions"), versions,
                                 "must include at least one of v1, v1beta1"));
    }
    if (!hook["sideEffects"].exists()) {
      out.push_back(
          requiredValue(child(at, "sideEffects"), "must specify one of None, NoneOnDryRun"));
    }
    Value timeout = hook["timeoutSeconds"];
    if (timeout.exists() && timeout.integer() < 1) {
      out.push_back(invalidValue(child(at, "timeoutSeconds"), timeout,
                                 "the timeout value must be greater than zero"));
    } else if (timeout.integer() > 30) {
      out.push_back(invalidValue(child(at, "timeoutSeconds"), timeout,
                                 "the timeout value must not be greater than 30 seconds"));
    }
    for (size_t r = 0; r < hook["rules"].size(); r++) {
      std::string rule = indexed(child(at, "rules"), r);
      for (std::string_view field : {"operations", "apiGroups", "apiVersions", "resources"}) {
        if (hook["rules"][r][field].size() == 0) out.push_back(requiredValue(child(rule, field)));
      }
    }
    checkLabelSelector(hook["namespaceSelector"], child(at, "namespaceSelector"), out);
    checkLabelSelector(hook["objectSelector"], child(at, "objectSelector"), out);
    clientConfig(hook["clientConfig"], child(at, "clientConfig"), out);
  }
}

}  // namespace

void validateRole(Value object, Value, Causes& out) {
  policyRules(object["rules"], true, out);
}
void validateClusterRole(Value object, Value, Causes& out) {
  policyRules(object["rules"], false, out);
  Value selectors = object["aggregationRule"]["clusterRoleSelectors"];
  if (object["aggregationRule"].isObject() && selectors.size() == 0) {
    out.push_back(
        requiredValue("aggregationRule.clusterRoleSelectors",
                      "at least one clusterRoleSelector required if aggregationRule is non-nil"));
  }
}
void validateRoleBinding(Value object, Value old, Causes& out) {
  binding(object, old, true, out);
}
void validateClusterRoleBinding(Value object, Value old, Causes& out) {
  binding(object, old, false, out);
}
void validateMutatingWebhooks(Value object, Value, Causes& out) {
  webhooks(object["webhooks"], out);
}
void validateValidatingWebhooks(Value object, Value, Causes& out) {
  webhooks(object["webhooks"], out);
}

}  // namespace meshka::api
