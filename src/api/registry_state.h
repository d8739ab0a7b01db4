// What a Registry holds; shared by registry.cc and discovery.cc.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "api/registry.h"

namespace meshka::api {

struct GroupOrder {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};

// Best version first.
struct VersionOrder {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};

using KindsByPlural = std::map<std::string, KindRef, std::less<>>;
using KindsByVersion = std::map<std::string, KindsByPlural, VersionOrder>;

struct Registry::State {
  std::map<std::string, KindsByVersion, GroupOrder> groups;
  std::map<std::string, KindRef, std::less<>> hubs;  // by storage name
};

}  // namespace meshka::api
