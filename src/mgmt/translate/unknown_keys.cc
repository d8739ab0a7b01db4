#include "mgmt/translate/unknown_keys.h"

#include <map>

#include "base/strings.h"
#include "mgmt/chart/crds.h"

namespace meshka::mgmt {

using doc::Value;

namespace {

// By resource; made once, since they are part of the program.
const std::map<std::string, doc::Doc, std::less<>>& specSchemas() {
  static const auto* const kSchemas = [] {
    auto* schemas = new std::map<std::string, doc::Doc, std::less<>>();
    for (const doc::Doc& crd : crdObjects()) {
      const Value version = crd["spec"]["versions"][size_t{0}];
      schemas->emplace(crd["metadata"]["name"].text(),
                       version["schema"]["openAPIV3Schema"]["properties"]["spec"].doc());
    }
    return schemas;
  }();
  return *kSchemas;
}

// Older spellings that settings.cc reads.
bool isAlias(const ObjectId& id, std::string_view path, std::string_view key) {
  return id.resource == kSettings && path == "spec" &&
         (key == "export_to" || key == "import_from" || key == "importsFrom");
}

void check(Value value, Value schema, const std::string& path, const ObjectId& id,
           Statuses& statuses) {
  if (value.isArray()) {
    for (size_t i = 0; i < value.size(); ++i) {
      check(value[i], schema["items"], cat(path, "[", i, "]"), id, statuses);
    }
    return;
  }
  const Value known = schema["properties"];
  if (!value.isObject() || known.empty()) return;  // any, or a map of the user's
  for (const auto [key, member] : value.members()) {
    if (known[key].exists()) {
      check(member, known[key], cat(path, ".", key), id, statuses);
    } else if (!isAlias(id, path, key)) {
      statuses.warn(id, cat(path, ".", key, " is not a known key and is ignored"));
    }
  }
}

}  // namespace

void reportUnknownKeys(const Inventory& inventory, Statuses& statuses) {
  for (const KindInfo& info : kKinds) {
    const auto schema = specSchemas().find(info.resource);
    if (schema == specSchemas().end()) continue;
    for (const ConfigObject& object : inventory.of(info.resource)) {
      check(object.spec(), schema->second, "spec", object.id, statuses);
    }
  }
}

std::string enumName(Value value, std::initializer_list<std::string_view> names) {
  if (!value.exists() || value.isNull()) return std::string(*names.begin());
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string_view name = names.begin()[i];
    if (value.isString() ? value.text() == name
                         : value.isNumber() && value.integer(-1) == static_cast<int64_t>(i)) {
      return std::string(name);
    }
  }
  return "";
}

}  // namespace meshka::mgmt
