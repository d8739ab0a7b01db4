// Workspaces: which namespaces of which clusters belong to which team. A namespace belongs to at
// most one; on conflict the oldest Workspace keeps it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "mgmt/translate/inventory.h"

namespace meshka::mgmt {

struct Workspace {
  ObjectId id;
  std::string name;
  Labels labels;
  std::map<std::string, std::set<std::string>> namespaces;  // that exist, by cluster
};

class Workspaces {
 public:
  Workspaces(const TranslateInput& input, const World& world, const Inventory& inventory,
             Statuses& statuses);

  const std::map<std::string, Workspace>& all() const { return by_name_; }
  const Workspace* find(const std::string& name) const;
  // "" when it belongs to none. Namespaces of the management cluster ("") belong to the workspace
  // that has a namespace of that name elsewhere, if it is one.
  std::string ownerOf(const std::string& cluster, const std::string& ns) const;

 private:
  void select(const World& world, const ConfigObject& object, Statuses& statuses);
  void claim(const Cluster& cluster, doc::Value entry, const std::string& path,
             Workspace& workspace, Statuses& statuses);
  std::map<std::string, Workspace> by_name_;
  std::map<std::pair<std::string, std::string>, std::string> owners_;  // cluster, namespace
};

}  // namespace meshka::mgmt
