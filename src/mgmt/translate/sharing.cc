#include "mgmt/translate/sharing.h"

#include <vector>

namespace meshka::mgmt {

using doc::Value;

namespace {

bool resourceFits(Value resources, std::string_view kind, const Selectable& object) {
  if (resources.empty() || kind == kAnything) return true;
  for (const Value resource : resources.elements()) {
    const std::string wanted = shareKind(resource["kind"]);
    if (wanted != "ALL" && wanted != kind) continue;
    if (objectSelected(resource, object)) return true;
  }
  return false;
}

// Does a rule name workspace `other` and cover the object?
bool anyRule(const std::vector<ShareRule>& rules, const Workspace& other, std::string_view kind,
             const Selectable& object) {
  for (const ShareRule& rule : rules) {
    bool named = false;
    if (rule.legacy) {
      named = workspaceSelected(rule.workspaces, other.name, other.labels);
    } else {
      for (const Value selector : rule.workspaces.elements()) {
        named = named || workspaceSelected(selector, other.name, other.labels);
      }
    }
    if (named && resourceFits(rule.resources, kind, object)) return true;
  }
  return false;
}

}  // namespace

bool Sharing::shared(std::string_view kind, const Selectable& object,
                     const std::string& taker) const {
  const Workspace* from = workspaces_.find(std::string(object.workspace));
  const Workspace* to = workspaces_.find(taker);
  if (from == nullptr || to == nullptr || from == to) return false;
  return anyRule(settings_.at(from->name).export_to, *to, kind, object) &&
         anyRule(settings_.at(to->name).import_from, *from, kind, object);
}

std::set<std::string> Sharing::takers(std::string_view kind, const Selectable& object) const {
  std::set<std::string> names;
  for (const auto& [name, workspace] : workspaces_.all()) {
    if (shared(kind, object, name)) names.insert(name);
  }
  return names;
}

}  // namespace meshka::mgmt
