#include "mgmt/translate/settings.h"

#include "base/strings.h"
#include "mgmt/translate/unknown_keys.h"

namespace meshka::mgmt {

using doc::Value;

namespace {

void readRules(Value list, const std::string& path, std::vector<ShareRule>& rules,
               const ObjectId& id, Statuses& statuses) {
  for (size_t i = 0; i < list.size(); ++i) {
    const Value entry = list[i];
    const std::string where = cat(path, "[", i, "]");
    for (const Value resource : entry["resources"].elements()) {
      if (!shareKind(resource["kind"]).empty()) continue;
      statuses.warn(id, cat(where,
                            ".resources: a kind is none of ALL, ROUTE_TABLE, SERVICE, "
                            "VIRTUAL_DESTINATION, EXTERNAL_SERVICE; it fits nothing"));
    }
    if (entry["workspaces"].exists()) {
      rules.push_back({entry["workspaces"], false, entry["resources"]});
      continue;
    }
    if (entry["name"].text().empty() && entry["selector"].empty()) {
      statuses.warn(id, cat(where, ".workspaces is required: name a workspace, or \"*\""));
      continue;
    }
    statuses.note(id, cat(where, " is the legacy form of workspaces: [{name: ...}]"));
    rules.push_back({entry, true, entry["resources"]});
  }
}

void readSharing(Value spec, Settings& settings, const ObjectId& id, Statuses& statuses) {
  for (const char* key : {"exportTo", "exports", "export_to"}) {
    if (!spec[key].exists()) continue;
    if (std::string_view(key) != "exportTo") {
      statuses.note(id, cat("spec.", key, " is read as exportTo"));
    }
    readRules(spec[key], cat("spec.", key), settings.export_to, id, statuses);
  }
  for (const char* key : {"importFrom", "imports", "importsFrom", "import_from"}) {
    if (!spec[key].exists()) continue;
    if (std::string_view(key) != "importFrom") {
      statuses.note(id, cat("spec.", key, " is read as importFrom"));
    }
    readRules(spec[key], cat("spec.", key), settings.import_from, id, statuses);
  }
}

void readOptions(Value options, Settings& settings, const ObjectId& id, Statuses& statuses) {
  if (const Value isolation = options["serviceIsolation"]; isolation.exists()) {
    settings.isolation = isolation["enabled"].boolean();
    settings.trim_proxy_config = isolation["trimProxyConfig"].boolean();
  }
  if (const Value federation = options["federation"]; federation.exists()) {
    settings.federation = federation["enabled"].boolean();
    settings.host_suffix = federation["hostSuffix"].text("global");
    if (settings.host_suffix.empty()) settings.host_suffix = "global";
    settings.service_selector = federation["serviceSelector"];
    settings.ports = federation["ports"];
  }
  if (options["virtualDestClientMode"].exists()) {
    statuses.warn(id,
                  "spec.options.virtualDestClientMode is not supported yet: clients use the "
                  "server name, as with sniRouting");
  }
  if (options["eastWestGateways"].exists()) settings.gateways = options["eastWestGateways"];
}

void readInto(Settings& settings, const ConfigObject& object, Statuses& statuses) {
  const Value spec = object.spec();
  readSharing(spec, settings, object.id, statuses);
  readOptions(spec["options"], settings, object.id, statuses);
}

}  // namespace

std::string shareKind(Value kind) {
  return enumName(kind,
                  {"ALL", "ROUTE_TABLE", "SERVICE", "VIRTUAL_DESTINATION", "EXTERNAL_SERVICE"});
}

std::map<std::string, Settings> readSettings(const TranslateInput& input,
                                             const Inventory& inventory,
                                             const Workspaces& workspaces, Statuses& statuses) {
  Settings defaults;
  const auto isGlobal = [&](const ConfigObject& object) {
    return object.id.cluster.empty() && object.id.ns == input.admin_namespace &&
           object.id.name == "global";
  };
  for (const ConfigObject& object : inventory.of(kSettings)) {
    if (!isGlobal(object)) continue;
    defaults.source = object.id;
    readInto(defaults, object, statuses);
  }
  std::map<std::string, Settings> all;
  for (const auto& [name, workspace] : workspaces.all()) all[name] = defaults;
  for (const ConfigObject& object : inventory.of(kSettings)) {
    if (isGlobal(object)) continue;
    if (object.workspace.empty()) continue;  // said where workspaces are found
    Settings& settings = all[object.workspace];
    if (settings.id) {
      statuses.invalid(object.id, cat("workspace ", object.workspace, " has the older settings ",
                                      settings.id->ns, "/", settings.id->name, " in cluster ",
                                      settings.id->cluster, ": delete one of the two"));
      continue;
    }
    settings.id = object.id;
    settings.source = object.id;
    readInto(settings, object, statuses);
    statuses.body(object.id)["workspace"] = object.workspace;
  }
  return all;
}

}  // namespace meshka::mgmt
