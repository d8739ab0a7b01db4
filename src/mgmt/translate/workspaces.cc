#include "mgmt/translate/workspaces.h"

#include "base/strings.h"
#include "mgmt/translate/names.h"

namespace meshka::mgmt {

using doc::Value;

namespace {

bool selects(Value entry, const Cluster& cluster) {
  if (!clusterMatches(entry["name"].text(), cluster.name, cluster.given_name) &&
      !entry["name"].text().empty()) {
    return false;
  }
  return containsAll(cluster.labels, readLabels(entry["selector"]));
}

}  // namespace

Workspaces::Workspaces(const TranslateInput& input, const World& world, const Inventory& inventory,
                       Statuses& statuses) {
  for (const ConfigObject& object : inventory.of(kWorkspaces)) {
    if (!object.id.cluster.empty() || object.id.ns != input.admin_namespace) {
      statuses.invalid(object.id, cat("a Workspace belongs in namespace ", input.admin_namespace,
                                      " of the management cluster: move it there"));
      continue;
    }
    select(world, object, statuses);
  }
}

void Workspaces::select(const World& world, const ConfigObject& object, Statuses& statuses) {
  Workspace& workspace = by_name_[object.id.name];
  workspace.id = object.id;
  workspace.name = object.id.name;
  workspace.labels = object.labels;
  const Value entries = object.spec()["workloadClusters"];
  if (entries.empty()) {
    statuses.note(object.id, "spec.workloadClusters is empty: the workspace has no namespaces");
  }
  for (size_t i = 0; i < entries.size(); ++i) {
    const Value entry = entries[i];
    const std::string path = cat("spec.workloadClusters[", i, "]");
    if (entry["namespaces"].empty()) {
      statuses.invalid(object.id,
                       cat(path, ".namespaces is required: name at least one, or \"*\""));
      continue;
    }
    if (!entry["configEnabled"].boolean(true)) {
      statuses.warn(object.id, cat(path,
                                   ".configEnabled is not supported yet: objects of these "
                                   "namespaces count"));
    }
    bool any = false;
    for (const auto& [name, cluster] : world.clusters) {
      if (!selects(entry, cluster)) continue;
      any = true;
      claim(cluster, entry, path, workspace, statuses);
    }
    if (!any) {
      statuses.warn(object.id,
                    cat(path, ": no registered cluster is called \"", entry["name"].text("*"),
                        "\" with these labels; see meshctl "
                        "cluster list"));
    }
  }
}

void Workspaces::claim(const Cluster& cluster, Value entry, const std::string& path,
                       Workspace& workspace, Statuses& statuses) {
  const Value wanted = entry["namespaces"];
  for (size_t i = 0; i < wanted.size(); ++i) {
    const std::string_view pattern = wanted[i]["name"].text();
    const Labels labels = readLabels(wanted[i]["labels"]);
    bool any = false;
    for (const auto& [ns, ns_labels] : cluster.namespaces) {
      if (!pattern.empty() && !globMatches(pattern, ns)) continue;
      if (!containsAll(ns_labels, labels)) continue;
      any = true;
      const auto [owner, fresh] = owners_.emplace(std::pair(cluster.name, ns), workspace.name);
      if (owner->second != workspace.name) {
        statuses.warn(workspace.id, cat(path, ".namespaces[", i, "]: namespace ", ns,
                                        " of cluster ", cluster.name,
                                        " belongs to the older "
                                        "workspace ",
                                        owner->second));
        continue;
      }
      workspace.namespaces[cluster.name].insert(ns);
    }
    if (!any) {
      statuses.note(workspace.id, cat(path, ".namespaces[", i, "]: cluster ", cluster.name,
                                      " has no namespace \"", pattern, "\" yet"));
    }
  }
}

const Workspace* Workspaces::find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &found->second;
}

std::string Workspaces::ownerOf(const std::string& cluster, const std::string& ns) const {
  if (!cluster.empty()) {
    const auto found = owners_.find({cluster, ns});
    return found == owners_.end() ? "" : found->second;
  }
  std::string owner;
  for (const auto& [place, workspace] : owners_) {
    if (place.second != ns) continue;
    if (!owner.empty() && owner != workspace) return "";
    owner = workspace;
  }
  return owner;
}

}  // namespace meshka::mgmt
