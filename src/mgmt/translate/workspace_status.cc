#include "mgmt/translate/workspace_status.h"

#include <set>
#include <utility>

#include "base/strings.h"
#include "mgmt/translate/context.h"

namespace meshka::mgmt {

using doc::Draft;

namespace {

void countConfig(const Context& context, const std::string& workspace, Draft& body) {
  std::map<std::string, int64_t> policies;
  std::map<std::string, int64_t> destinations;
  for (const KindInfo& info : kKinds) {
    for (const ConfigObject& object : context.inventory.of(info.resource)) {
      if (object.workspace != workspace) continue;
      if (info.resource.find(".policy.") != std::string_view::npos) {
        ++policies[std::string(info.kind)];
      }
      if (info.resource == kVirtualDestinations || info.resource == kExternalServices) {
        ++destinations[std::string(info.kind)];
      }
    }
  }
  const Workspace& here = *context.workspaces.find(workspace);
  for (const auto& [name, namespaces] : here.namespaces) {
    for (const auto& [key, service] : context.world.clusters.at(name).services) {
      if (namespaces.contains(service.ns)) ++destinations["Service"];
    }
  }
  for (const auto& [kind, count] : policies) body["policyCounts"][kind] = count;
  for (const auto& [kind, count] : destinations) body["destinationCounts"][kind] = count;
}

// Workspaces that share anything with this one, whatever it is.
std::vector<std::string> importedBy(const Context& context, const std::string& workspace) {
  std::vector<std::string> names;
  for (const auto& [other, owner] : context.workspaces.all()) {
    const Selectable anything{"", "", "", "", other, nullptr};
    if (context.sharing.shared(kAnything, anything, workspace)) names.push_back(other);
  }
  return names;
}

}  // namespace

void writeWorkspaceStatus(Context& context) {
  for (const auto& [name, workspace] : context.workspaces.all()) {
    Draft& body = context.statuses.body(workspace.id);
    Draft clusters = Draft::array();
    for (const auto& [cluster, namespaces] : workspace.namespaces) {
      Draft list = Draft::array();
      for (const std::string& ns : namespaces) list.push(Draft::object({{"name", ns}}));
      clusters.push(Draft::object({{"name", cluster}, {"namespaces", std::move(list)}}));
    }
    body["clusters"] = std::move(clusters);
    const Settings& settings = context.settings.at(name);
    if (settings.id) {
      body["workspaceSettings"] = Draft::object({{"name", settings.id->name},
                                                 {"namespace", settings.id->ns},
                                                 {"cluster", settings.id->cluster}});
    } else {
      context.statuses.note(workspace.id,
                            "the workspace has no WorkspaceSettings: nothing is shared, isolated "
                            "or federated; create one in a namespace of it");
    }
    const auto imported = importedBy(context, name);
    if (!imported.empty()) body["importedWorkspaces"] = Draft::strings(imported);
    countConfig(context, name, body);
  }
}

}  // namespace meshka::mgmt
