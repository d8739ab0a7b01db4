#include "mgmt/translate/context.h"

#include "base/strings.h"
#include "mgmt/translate/limits.h"
#include "mgmt/translate/unknown_keys.h"

namespace meshka::mgmt {

using doc::Draft;

namespace {

// Every object but Workspaces belongs to the workspace of its namespace; one without is told.
std::map<std::string, Settings> assignAndRead(Context& context) {
  for (auto& [resource, objects] : context.inventory.all()) {
    if (resource == kWorkspaces) continue;
    for (ConfigObject& object : objects) {
      object.workspace = context.workspaces.ownerOf(object.id.cluster, object.id.ns);
      const bool global = resource == kSettings && object.id.cluster.empty() &&
                          object.id.ns == context.input.admin_namespace &&
                          object.id.name == "global";
      if (!object.workspace.empty() || global) continue;
      const std::string where = object.id.cluster.empty() ? "of the management cluster"
                                                          : cat("of cluster ", object.id.cluster);
      context.statuses.invalid(object.id, cat("namespace ", object.id.ns, " ", where,
                                              " belongs to no workspace: add it to the "
                                              "workloadClusters of one"));
    }
  }
  reportUnknownKeys(context.inventory, context.statuses);
  return readSettings(context.input, context.inventory, context.workspaces, context.statuses);
}

}  // namespace

Context::Context(const TranslateInput& translate_input)
    : input(translate_input),
      world(readWorld(translate_input)),
      inventory(translate_input, statuses),
      workspaces(translate_input, world, inventory, statuses),
      settings(assignAndRead(*this)),
      sharing(workspaces, settings) {}

std::vector<Place> Context::clientPlaces(const Cluster& cluster, const std::string& owner,
                                         const std::set<std::string>& takers) const {
  std::set<std::string> users = takers;
  users.insert(owner);
  std::vector<Place> places;
  for (const std::string& name : users) {
    const Workspace* workspace = workspaces.find(name);
    if (workspace == nullptr) continue;
    const auto found = workspace->namespaces.find(cluster.name);
    if (found == workspace->namespaces.end()) continue;
    for (const std::string& ns : found->second) places.push_back({&cluster, ns, name});
  }
  return places;
}

Draft Context::exportList(const std::string& own, const std::vector<Place>& clients,
                          const std::vector<EastWestGateway>& gateways) const {
  std::set<std::string> others;
  for (const Place& place : clients) others.insert(place.ns);
  for (const EastWestGateway& gateway : gateways) others.insert(gateway.ns);
  others.erase(own);
  if (others.size() > kMaxExportNamespaces) return Draft::strings({"*"});
  Draft list = Draft::strings({"."});
  for (const std::string& ns : others) list.push(ns);
  return list;
}

}  // namespace meshka::mgmt
