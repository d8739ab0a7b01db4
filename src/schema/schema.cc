#include "schema/schema.h"

#include <algorithm>

namespace meshka::schema {

std::string_view toString(Type type) {
  switch (type) {
    case Type::kAny:
      return "";
    case Type::kObject:
      return "object";
    case Type::kArray:
      return "array";
    case Type::kString:
      return "string";
    case Type::kInteger:
      return "integer";
    case Type::kNumber:
      return "number";
    case Type::kBoolean:
      return "boolean";
  }
  return "";
}

const Property* Schema::property(std::string_view key) const {
  auto it = std::lower_bound(properties.begin(), properties.end(), key,
                             [](const Property& p, std::string_view k) { return p.name < k; });
  return it != properties.end() && it->name == key ? &*it : nullptr;
}

const Schema* lookup(const Schema& root, std::string_view path) {
  const Schema* at = &root;
  while (at != nullptr && !path.empty()) {
    if (path.starts_with('.')) path.remove_prefix(1);
    if (path.starts_with("[]")) {
      at = at->items;
      path.remove_prefix(2);
    } else if (path.starts_with("{}")) {
      at = at->additional;
      path.remove_prefix(2);
    } else {
      size_t end = std::min(path.find_first_of(".[{"), path.size());
      const Property* property = at->property(path.substr(0, end));
      at = property == nullptr ? nullptr : property->schema;
      path.remove_prefix(end);
    }
  }
  return at;
}

}  // namespace meshka::schema
