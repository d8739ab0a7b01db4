// WorkspaceSettings: one per workspace, in both spellings that documents in the wild use; the
// object "global" in the administration namespace supplies what the others leave out.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mgmt/translate/workspaces.h"

namespace meshka::mgmt {

// One entry of exportTo or importFrom.
struct ShareRule {
  doc::Value workspaces;  // selectors; for the legacy form the entry itself is one
  bool legacy = false;
  doc::Value resources;  // empty: everything
};

struct Settings {
  std::optional<ObjectId> id;  // none: the workspace has no settings of its own
  ObjectId source;             // what to blame: the same, else the object "global"
  std::vector<ShareRule> export_to;
  std::vector<ShareRule> import_from;
  bool isolation = false;
  bool trim_proxy_config = false;
  bool federation = false;
  std::string host_suffix = "global";
  doc::Value service_selector;  // empty: all services
  doc::Value ports;             // empty: all ports
  doc::Value gateways;          // eastWestGateways; empty: the one of the usual name
};

// Of a shared resource; "" when it is none of the interface's.
std::string shareKind(doc::Value kind);

// By workspace, for every workspace. `inventory` must know the workspaces of its objects.
std::map<std::string, Settings> readSettings(const TranslateInput& input,
                                             const Inventory& inventory,
                                             const Workspaces& workspaces, Statuses& statuses);

}  // namespace meshka::mgmt
