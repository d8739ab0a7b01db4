#include "mgmt/translate/destination_policies.h"

#include <utility>

#include "base/strings.h"
#include "mgmt/translate/context.h"
#include "mgmt/translate/policies.h"

namespace meshka::mgmt {

using doc::Draft;
using doc::Value;

namespace {

struct Found {
  const ConfigObject* outlier = nullptr;
  const ConfigObject* connection = nullptr;
};

void apply(const Found& found, PortRule& rule) {
  if (found.outlier != nullptr) rule.outlier_detection = outlierDetection(found.outlier);
  if (found.connection != nullptr) rule.connection_pool = connectionPool(*found.connection);
}

void applyToPort(Context& context, const Cluster& cluster, const Service& service,
                 const std::string& workspace, const ServicePort& port) {
  const Found found{destinationPolicy(context, kOutlier, service, workspace, port),
                    destinationPolicy(context, kConnection, service, workspace, port)};
  if (found.outlier == nullptr && found.connection == nullptr) return;
  const auto takers =
      context.sharing.takers("SERVICE", selectable(service, context.world, workspace));
  const std::string plain = cat(service.name, ".", service.ns, ".svc.", cluster.domain);
  for (const Place& place : context.clientPlaces(cluster, workspace, takers)) {
    apply(found, context.rules.at(place, plain, parentOf(service)).ports[port.number]);
  }
  for (const ConfigObject* policy : {found.outlier, found.connection}) {
    if (policy != nullptr) context.statuses.applied(policy->id, workspace, cluster.name);
  }
  const FederatedService* federated =
      context.federated.find(workspace, cluster.name, service.ns, service.name);
  if (federated == nullptr) return;
  for (const auto& [name, other] : context.world.clusters) {
    auto* rules = context.rules.inCluster(name);
    if (rules == nullptr) continue;
    for (auto& [ns, hosts] : *rules) {
      const auto rule = hosts.find(federated->host(cluster.name));
      if (rule != hosts.end()) apply(found, rule->second.ports[port.number]);
    }
  }
}

}  // namespace

Draft outlierDetection(const ConfigObject* policy) {
  const Value config = policy == nullptr ? Value() : policy->spec()["config"];
  return Draft::object({{"consecutive5xxErrors", config["consecutiveErrors"].integer(5)},
                        {"interval", config["interval"].text("10s")},
                        {"baseEjectionTime", config["baseEjectionTime"].text("30s")},
                        // Istio's own default of 10 % never ejects the last of a few pods.
                        {"maxEjectionPercent", config["maxEjectionPercent"].integer(100)}});
}

Draft connectionPool(const ConfigObject& policy) {
  const Value tcp = policy.spec()["config"]["tcp"];
  Draft pool = Draft::object();
  pool["tcp"] = Draft::object();
  for (const char* key : {"maxConnections", "connectTimeout", "tcpKeepalive"}) {
    if (tcp[key].exists()) pool["tcp"][key] = tcp[key];
  }
  return pool;
}

void writeDestinationPolicies(Context& context) {
  for (const ConfigObject& policy : context.inventory.of(kConnection)) {
    if (policy.spec()["config"]["tcp"].empty()) {
      context.statuses.invalid(policy.id,
                               "spec.config.tcp is required: give maxConnections, "
                               "connectTimeout or tcpKeepalive");
    }
  }
  if (context.inventory.of(kOutlier).empty() && context.inventory.of(kConnection).empty()) return;
  for (const auto& [workspace_name, workspace] : context.workspaces.all()) {
    for (const auto& [cluster_name, namespaces] : workspace.namespaces) {
      const Cluster& cluster = context.world.clusters.at(cluster_name);
      if (!cluster.has_mesh) continue;
      for (const auto& [key, service] : cluster.services) {
        if (!namespaces.contains(service.ns)) continue;
        for (const ServicePort& port : service.ports) {
          applyToPort(context, cluster, service, workspace_name, port);
        }
      }
    }
  }
}

}  // namespace meshka::mgmt
