#include "mgmt/translate/access.h"

#include <utility>

#include "base/strings.h"
#include "mgmt/translate/context.h"
#include "mgmt/translate/policies.h"
#include "mgmt/translate/unknown_keys.h"

namespace meshka::mgmt {

using doc::Draft;
using doc::Value;

namespace {

// The accounts that one client selector means, of the workspaces that may use the Service.
std::set<std::string> principalsOf(const Context& context, Value selector,
                                   const std::set<std::string>& workspaces) {
  std::set<std::string> principals;
  for (const std::string& workspace_name : workspaces) {
    const Workspace& workspace = *context.workspaces.find(workspace_name);
    for (const auto& [name, namespaces] : workspace.namespaces) {
      const Cluster& cluster = context.world.clusters.at(name);
      for (const std::string& ns : namespaces) {
        const auto found = cluster.accounts.find(ns);
        if (found == cluster.accounts.end()) continue;
        for (const auto& [account, labels] : found->second) {
          const Selectable object{account, ns, name, cluster.given_name, workspace_name, &labels};
          if (!objectSelected(selector, object)) continue;
          principals.insert(cat(cluster.trust_domain, "/ns/", ns, "/sa/", account));
        }
      }
    }
  }
  // An account that is yet to come can be named in full.
  const std::string_view name = selector["name"].text();
  const std::string_view ns = selector["namespace"].text();
  const Cluster* cluster = context.world.cluster(selector["cluster"].text());
  const bool exact = !name.empty() && !ns.empty() && name.find('*') == std::string_view::npos &&
                     ns.find('*') == std::string_view::npos;
  if (exact && cluster != nullptr) {
    principals.insert(cat(cluster->trust_domain, "/ns/", ns, "/sa/", name));
  }
  return principals;
}

// The `from` entries of the rule. `anyone`: no entry is needed.
Draft clientsOf(Context& context, const ConfigObject& policy,
                const std::set<std::string>& workspaces, bool& anyone) {
  Draft from = Draft::array();
  const Value clients = policy.spec()["config"]["authz"]["allowedClients"];
  for (size_t i = 0; i < clients.size(); ++i) {
    const Value client = clients[i];
    const Value accounts = client["serviceAccountSelector"];
    const Value request = client["requestIdentityMatcher"];
    if (accounts.empty() && request.empty()) anyone = true;
    Draft source = Draft::object();
    if (accounts.exists() && !accounts.empty()) {
      const auto principals = principalsOf(context, accounts, workspaces);
      if (principals.empty()) {
        context.statuses.warn(policy.id,
                              cat("spec.config.authz.allowedClients[", i,
                                  "].serviceAccountSelector selects no service account that may "
                                  "use the destination; name one in full to allow it beforehand"));
        continue;
      }
      source["principals"] =
          Draft::strings(std::vector<std::string>(principals.begin(), principals.end()));
    }
    for (const char* key : {"requestPrincipals", "notRequestPrincipals"}) {
      if (!request[key].empty()) source[key] = request[key];
    }
    if (source.size() > 0) from.push(Draft::object({{"source", std::move(source)}}));
  }
  return from;
}

Draft specFor(Context& context, const ConfigObject& policy, const Service& service,
              const ServicePort& port) {
  std::set<std::string> workspaces =
      context.sharing.takers("SERVICE", selectable(service, context.world, policy.workspace));
  workspaces.insert(policy.workspace);
  bool anyone = false;
  Draft from = clientsOf(context, policy, workspaces, anyone);

  Draft spec = Draft::object({{"action", "ALLOW"}});
  for (const auto& [key, value] : service.selector) spec["selector"]["matchLabels"][key] = value;
  // A policy with a selector and without rules denies everything.
  if (!anyone && from.size() == 0) return spec;
  const Value authz = policy.spec()["config"]["authz"];
  Draft operation = Draft::object({{"ports", Draft::strings({cat(port.target)})}});
  if (!authz["allowedPaths"].empty()) operation["paths"] = authz["allowedPaths"];
  if (!authz["allowedMethods"].empty()) operation["methods"] = authz["allowedMethods"];
  Draft rule = Draft::object();
  if (!anyone) rule["from"] = std::move(from);
  rule["to"] = Draft::array({Draft::object({{"operation", std::move(operation)}})});
  spec["rules"] = Draft::array({std::move(rule)});
  return spec;
}

void writeAuthentication(Context& context, const ConfigObject& policy, const Place& place,
                         const Service& service, const std::string& name) {
  // Isolation is the stricter, and has written its own.
  if (context.settings.at(policy.workspace).isolation) return;
  const Value wanted = policy.spec()["config"]["authn"]["tlsMode"];
  if (!wanted.exists()) return;
  const std::string mode = enumName(wanted, {"DISABLE", "PERMISSIVE", "STRICT"});
  if (mode.empty()) {
    context.statuses.warn(policy.id,
                          "spec.config.authn.tlsMode is none of DISABLE, PERMISSIVE, STRICT");
    return;
  }
  Draft spec = Draft::object();
  for (const auto& [key, value] : service.selector) spec["selector"]["matchLabels"][key] = value;
  // Of several on one pod the oldest counts, so each names all ports of the Service.
  for (const ServicePort& port : service.ports) {
    spec["portLevelMtls"][cat(port.target)]["mode"] = mode;
  }
  context.outputs.add("PeerAuthentication", place, name, parentOf(policy.id), std::move(spec));
}

}  // namespace

void writeAccessPolicies(Context& context) {
  for (const ConfigObject& policy : context.inventory.of(kAccess)) {
    if (!policy.spec()["applyToWorkloads"].empty()) {
      context.statuses.warn(policy.id,
                            "spec.applyToWorkloads is not supported yet: use applyToDestinations");
    }
  }
  if (context.inventory.of(kAccess).empty()) return;
  for (const auto& [workspace_name, workspace] : context.workspaces.all()) {
    for (const auto& [cluster_name, namespaces] : workspace.namespaces) {
      const Cluster& cluster = context.world.clusters.at(cluster_name);
      if (!cluster.has_mesh) continue;
      for (const auto& [key, service] : cluster.services) {
        if (!namespaces.contains(service.ns)) continue;
        const Place place{&cluster, service.ns, workspace_name};
        for (const ServicePort& port : service.ports) {
          const ConfigObject* policy =
              destinationPolicy(context, kAccess, service, workspace_name, port);
          if (policy == nullptr) continue;
          const std::string name = sanitizeName(cat("accesspolicy-", service.name, "-", port.number,
                                                    "-", policy->id.name, "-", policy->id.ns, "-",
                                                    policy->id.cluster, "-", workspace_name));
          context.outputs.add("AuthorizationPolicy", place, name, parentOf(policy->id),
                              specFor(context, *policy, service, port));
          writeAuthentication(context, *policy, place, service, name);
          context.statuses.applied(policy->id, workspace_name, cluster_name);
        }
      }
    }
  }
}

}  // namespace meshka::mgmt
