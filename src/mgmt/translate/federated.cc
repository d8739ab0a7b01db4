#include <utility>

#include "base/strings.h"
#include "mgmt/translate/context.h"

namespace meshka::mgmt {

using doc::Draft;
using doc::Value;

std::string FederatedService::host(const std::string& cluster) const {
  return cat(name, ".", ns, ".svc.", cluster, ".", suffix);
}

std::string FederatedServices::gatewayKey(const std::string& workspace,
                                          const std::string& cluster) {
  return cat(workspace, "/", cluster);
}

const FederatedService* FederatedServices::find(const std::string& workspace,
                                                const std::string& cluster, const std::string& ns,
                                                const std::string& name) const {
  const auto found = by_workspace.find(workspace);
  if (found == by_workspace.end()) return nullptr;
  for (const FederatedService& service : found->second) {
    if (service.ns == ns && service.name == name && service.in.contains(cluster)) return &service;
  }
  return nullptr;
}

void addIdentities(const Cluster& cluster, const Service& service, std::set<std::string>& out) {
  for (const std::string& account : service.accounts) {
    out.insert(cat("spiffe://", cluster.trust_domain, "/ns/", service.ns, "/sa/", account));
  }
}

namespace {

void collectCluster(Context& context, const Workspace& workspace, const Cluster& cluster,
                    const std::set<std::string>& namespaces,
                    std::map<NamespacedName, FederatedService>& services) {
  const Settings& settings = context.settings.at(workspace.name);
  for (const auto& [key, service] : cluster.services) {
    if (!namespaces.contains(service.ns)) continue;
    if (!anySelected(settings.service_selector,
                     selectable(service, context.world, workspace.name))) {
      continue;
    }
    FederatedService& federated = services[key];
    federated.workspace = workspace.name;
    federated.ns = service.ns;
    federated.name = service.name;
    federated.suffix = settings.host_suffix;
    federated.settings = settings.source;
    federated.in[cluster.name] = &service;
    addIdentities(cluster, service, federated.identities);
    if (service.pods_without_sidecar > 0) {
      context.statuses.warn(
          settings.source,
          cat("service ", service.ns, "/", service.name, " of cluster ", cluster.name,
              " has pods without a sidecar: requests from other "
              "clusters to them fail; label the namespace istio-injection=enabled "
              "and restart them"));
    }
  }
}

void collectGateways(Context& context, const Workspace& workspace) {
  const Settings& settings = context.settings.at(workspace.name);
  Draft chosen = Draft::array();
  for (const auto& [name, namespaces] : workspace.namespaces) {
    const Cluster& cluster = context.world.clusters.at(name);
    if (!cluster.has_mesh) continue;
    auto gateways = findEastWest(cluster, settings, settings.source, context.statuses);
    for (const EastWestGateway& gateway : gateways) {
      chosen.push(Draft::object(
          {{"name", gateway.name}, {"namespace", gateway.ns}, {"cluster", gateway.cluster}}));
    }
    context.federated.gateways[FederatedServices::gatewayKey(workspace.name, name)] =
        std::move(gateways);
  }
  if (settings.id) {
    context.statuses.body(*settings.id)["selectedEastWestGateways"] = std::move(chosen);
  }
}

// Chains of another root are refused, whatever the names in them are.
void compareRoots(Context& context, const Workspace& workspace) {
  const Cluster* first = nullptr;
  for (const auto& [name, namespaces] : workspace.namespaces) {
    const Cluster& cluster = context.world.clusters.at(name);
    if (!cluster.has_mesh) continue;
    if (first == nullptr) first = &cluster;
    if (!rootsDiffer(*first, cluster)) continue;
    context.statuses.warn(context.settings.at(workspace.name).source,
                          cat("the meshes of clusters ", first->name, " and ", name,
                              " trust different roots, so requests between them fail: create a "
                              "RootTrustPolicy, or wait until the shared root has arrived"));
  }
}

}  // namespace

void collectFederated(Context& context) {
  for (const auto& [workspace_name, workspace] : context.workspaces.all()) {
    const Settings& settings = context.settings.at(workspace_name);
    if (!settings.federation) continue;
    std::map<NamespacedName, FederatedService> services;
    for (const auto& [name, namespaces] : workspace.namespaces) {
      const Cluster& cluster = context.world.clusters.at(name);
      if (!cluster.has_mesh) {
        context.statuses.warn(settings.source,
                              cat("no mesh is discovered in cluster ", name,
                                  ": its services are not federated; install Istio there"));
        continue;
      }
      collectCluster(context, workspace, cluster, namespaces, services);
    }
    collectGateways(context, workspace);
    compareRoots(context, workspace);
    Draft listed = Draft::array();
    for (auto& [key, service] : services) {
      for (const auto& [cluster, object] : service.in) {
        listed.push(
            Draft::object({{"name", key.name}, {"namespace", key.ns}, {"cluster", cluster}}));
      }
      context.federated.by_workspace[workspace_name].push_back(std::move(service));
    }
    if (settings.id) {
      context.statuses.body(*settings.id)["federatedServices"] = std::move(listed);
    }
  }
}

}  // namespace meshka::mgmt
