#include "mgmt/translate/isolation.h"

#include <utility>

#include "base/strings.h"
#include "mgmt/translate/context.h"
#include "mgmt/translate/policies.h"

namespace meshka::mgmt {

using doc::Draft;

namespace {

// The `from` entry of each workspace: long, and the same in every policy, so it is made once.
// Missing for a workspace without accounts.
using Sources = std::map<std::string, doc::Doc>;

void writePort(Context& context, const Place& place, const Service& service,
               const ServicePort& port, const std::set<std::string>& allowed,
               const Sources& sources) {
  const std::string name =
      sanitizeName(cat("settings-", service.name, "-", port.number, "-", place.workspace));
  const std::string target = cat(port.target);
  Draft selector = Draft::object();
  for (const auto& [key, value] : service.selector) selector["matchLabels"][key] = value;

  Draft authentication = Draft::object({{"selector", selector}});
  // Of several PeerAuthentications on one pod Istio takes the oldest only, so each says everything.
  for (const auto& [key, twin] : place.cluster->services) {
    if (twin.ns != service.ns || twin.selector != service.selector) continue;
    for (const ServicePort& other : twin.ports) {
      authentication["portLevelMtls"][cat(other.target)]["mode"] = "STRICT";
    }
  }
  context.outputs.add("PeerAuthentication", place, name, parentOf(service),
                      std::move(authentication));

  // An explicit AccessPolicy says itself who may call.
  if (destinationPolicy(context, kAccess, service, place.workspace, port) != nullptr) return;
  Draft rule = Draft::object();
  for (const std::string& workspace : allowed) {
    const doc::Doc& source = sources.at(workspace);
    if (source.exists()) rule["from"].push(source);
  }
  Draft policy = Draft::object({{"selector", std::move(selector)}, {"action", "ALLOW"}});
  // Without a `from` a rule would allow everyone; without rules nobody is.
  if (rule.contains("from")) {
    rule["to"].push(
        Draft::object({{"operation", Draft::object({{"ports", Draft::strings({target})}})}}));
    policy["rules"] = Draft::array({std::move(rule)});
  }
  context.outputs.add("AuthorizationPolicy", place, name, parentOf(service), std::move(policy));
}

std::vector<std::string> workspacePrincipals(const Context& context, const Workspace& workspace) {
  std::vector<std::string> principals;
  for (const auto& [name, namespaces] : workspace.namespaces) {
    const Cluster& cluster = context.world.clusters.at(name);
    if (!cluster.has_mesh) continue;
    for (const std::string& ns : namespaces) {
      // Every namespace gets this account; it may not have been reported yet.
      std::set<std::string> accounts{"default"};
      if (const auto found = cluster.accounts.find(ns); found != cluster.accounts.end()) {
        for (const auto& [account, labels] : found->second) accounts.insert(account);
      }
      for (const std::string& account : accounts) {
        principals.push_back(cat(cluster.trust_domain, "/ns/", ns, "/sa/", account));
      }
    }
  }
  return principals;
}

}  // namespace

void writeIsolation(Context& context) {
  Sources sources;
  for (const auto& [name, workspace] : context.workspaces.all()) {
    const auto principals = workspacePrincipals(context, workspace);
    doc::Doc& source = sources[name];
    if (principals.empty()) continue;
    source =
        Draft::object({{"source", Draft::object({{"principals", Draft::strings(principals)}})}})
            .finish();
  }
  for (const auto& [workspace_name, workspace] : context.workspaces.all()) {
    if (!context.settings.at(workspace_name).isolation) continue;
    for (const auto& [cluster_name, namespaces] : workspace.namespaces) {
      const Cluster& cluster = context.world.clusters.at(cluster_name);
      if (!cluster.has_mesh) continue;
      for (const auto& [key, service] : cluster.services) {
        if (!namespaces.contains(service.ns)) continue;
        auto allowed =
            context.sharing.takers("SERVICE", selectable(service, context.world, workspace_name));
        allowed.insert(workspace_name);
        if (const auto more = context.further_callers.find(&service);
            more != context.further_callers.end()) {
          allowed.insert(more->second.begin(), more->second.end());
        }
        const Place place{&cluster, service.ns, workspace_name};
        for (const ServicePort& port : service.ports) {
          writePort(context, place, service, port, allowed, sources);
        }
      }
    }
  }
}

}  // namespace meshka::mgmt
