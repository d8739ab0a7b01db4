#include "schema/tables.h"

#include <algorithm>

namespace meshka::schema {

const Schema* builtinType(std::string_view name) {
  std::span<const Schema* const> types = builtinTypes();
  auto it = std::lower_bound(types.begin(), types.end(), name,
                             [](const Schema* type, std::string_view n) { return type->name < n; });
  return it != types.end() && (*it)->name == name ? *it : nullptr;
}

}  // namespace meshka::schema
