// What users wrote, of all clusters, by kind; oldest first, since on conflict the oldest wins.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mgmt/translate/statuses.h"
#include "mgmt/translate/world.h"

namespace meshka::mgmt {

struct ConfigObject {
  ObjectId id;
  doc::Value object;
  Labels labels;
  std::string workspace;  // of its namespace; "" when it belongs to none

  doc::Value spec() const { return object["spec"]; }
};

class Inventory {
 public:
  // Tells `statuses` of every object, and of those whose kind is not supported yet.
  Inventory(const TranslateInput& input, Statuses& statuses);

  const std::vector<ConfigObject>& of(std::string_view resource) const;
  std::vector<ConfigObject>& of(std::string_view resource);
  std::map<std::string, std::vector<ConfigObject>, std::less<>>& all() { return by_resource_; }

 private:
  void addAll(const std::string& cluster, const ObjectsByResource& objects, Statuses& statuses);
  std::map<std::string, std::vector<ConfigObject>, std::less<>> by_resource_;
};

}  // namespace meshka::mgmt
