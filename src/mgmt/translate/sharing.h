// Imports and exports: something of one workspace is usable in another only when its owner exports
// it and the other imports it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "mgmt/translate/selectors.h"
#include "mgmt/translate/settings.h"

namespace meshka::mgmt {

// As a kind: whatever it is.
inline constexpr std::string_view kAnything = "ANY";

class Sharing {
 public:
  Sharing(const Workspaces& workspaces, const std::map<std::string, Settings>& settings)
      : workspaces_(workspaces), settings_(settings) {}

  // The workspaces other than object.workspace that may use it. kind: SERVICE, ROUTE_TABLE,
  // VIRTUAL_DESTINATION or EXTERNAL_SERVICE.
  std::set<std::string> takers(std::string_view kind, const Selectable& object) const;
  bool shared(std::string_view kind, const Selectable& object, const std::string& taker) const;

 private:
  const Workspaces& workspaces_;
  const std::map<std::string, Settings>& settings_;
};

}  // namespace meshka::mgmt
