#include "mgmt/translate/sidecars.h"

#include <utility>

#include "base/strings.h"
#include "mgmt/translate/context.h"

namespace meshka::mgmt {

using doc::Draft;

namespace {

// Namespaces that every proxy keeps seeing, where they exist, so that nothing basic breaks.
constexpr const char* kAlways[] = {"gloo-mesh-addons", "istio-system"};

std::set<std::string> hostsFor(const Context& context, const Cluster& cluster,
                               const std::string& workspace) {
  std::set<std::string> hosts;
  for (const auto& [key, service] : cluster.services) {
    const std::string owner = context.workspaces.ownerOf(cluster.name, service.ns);
    if (owner != workspace &&
        !context.sharing.shared("SERVICE", selectable(service, context.world, owner), workspace)) {
      continue;
    }
    hosts.insert(cat("*/", service.name, ".", service.ns, ".svc.", cluster.domain));
  }
  const auto more = context.visible_hosts.find(cat(cluster.name, "/", workspace));
  if (more != context.visible_hosts.end()) {
    for (const std::string& host : more->second) hosts.insert(cat("*/", host));
  }
  for (const char* ns : kAlways) {
    if (cluster.namespaces.contains(ns)) hosts.insert(cat(ns, "/*"));
  }
  return hosts;
}

}  // namespace

void writeSidecars(Context& context) {
  for (const auto& [workspace_name, workspace] : context.workspaces.all()) {
    const Settings& settings = context.settings.at(workspace_name);
    if (!settings.isolation || !settings.trim_proxy_config) continue;
    for (const auto& [cluster_name, namespaces] : workspace.namespaces) {
      const Cluster& cluster = context.world.clusters.at(cluster_name);
      if (!cluster.has_mesh) continue;
      const auto hosts = hostsFor(context, cluster, workspace_name);
      Draft egress = Draft::array({Draft::object(
          {{"hosts", Draft::strings(std::vector<std::string>(hosts.begin(), hosts.end()))}})});
      for (const AppWorkload& workload : cluster.workloads) {
        if (!namespaces.contains(workload.ns) || workload.labels.empty()) continue;
        Draft spec = Draft::object({{"egress", egress}});
        for (const auto& [key, value] : workload.labels) {
          spec["workloadSelector"]["labels"][key] = value;
        }
        const std::string name = sanitizeName(cat("sidecar-", workload.name, "-", workload.ns, "-",
                                                  cluster_name, "-", workspace_name));
        const Parent parent{cluster_name, "apps", "v1", workload.kind, workload.ns, workload.name};
        context.outputs.add("Sidecar", {&cluster, workload.ns, workspace_name}, name, parent,
                            std::move(spec));
      }
    }
  }
}

}  // namespace meshka::mgmt
