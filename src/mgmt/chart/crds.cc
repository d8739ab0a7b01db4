#include "mgmt/chart/crds.h"

#include "base/assert.h"
#include "base/strings.h"
#include "doc/yaml.h"
#include "mgmt_chart/crd_table.h"

namespace meshka::mgmt {

using doc::Draft;
using doc::Value;

namespace {

constexpr int kMaxTypeDepth = 20;  // a type that contains itself would never end

Draft keepsUnknown(Draft schema) {
  schema["x-kubernetes-preserve-unknown-fields"] = true;
  return schema;
}

// The short form of one field as a structural schema.
Result<Draft> schemaOf(Value types, Value shape, const std::string& path, int depth) {
  if (depth > kMaxTypeDepth) return fail(Code::kInvalid, cat(path, ": types nest too deeply"));
  if (shape.isArray()) {
    if (shape.size() != 1) return fail(Code::kInvalid, cat(path, ": a list has one element type"));
    MESHKA_TRY(Draft items, schemaOf(types, shape[size_t{0}], cat(path, "[]"), depth + 1));
    return Draft::object({{"type", "array"}, {"items", std::move(items)}});
  }
  if (shape.isObject()) {
    Draft out = keepsUnknown(Draft::object({{"type", "object"}}));
    for (const auto [key, child] : shape.members()) {
      MESHKA_TRY(Draft field, schemaOf(types, child, cat(path, ".", key), depth + 1));
      out["properties"][key] = std::move(field);
    }
    return out;
  }
  const std::string_view word = shape.text();
  if (word == "string" || word == "integer" || word == "number" || word == "boolean")
    return Draft::object({{"type", word}});
  if (word == "map") {
    return Draft::object(
        {{"type", "object"}, {"additionalProperties", Draft::object({{"type", "string"}})}});
  }
  if (word == "value") return Draft::object({{"x-kubernetes-int-or-string", true}});
  if (word == "any") return keepsUnknown(Draft::object({{"type", "object"}}));
  if (word.starts_with('$') && types[word.substr(1)].exists())
    return schemaOf(types, types[word.substr(1)], path, depth + 1);
  return fail(Code::kInvalid, cat(path, ": \"", word, "\" is no type"));
}

Result<doc::Doc> crdOf(Value types, std::string_view group, Value row) {
  const std::string_view kind = row["kind"].text();
  const std::string_view plural = row["plural"].text();
  if (kind.empty() || plural.empty())
    return fail(Code::kInvalid, cat(group, ": kind or plural is missing"));
  MESHKA_TRY(Draft spec, schemaOf(types, row["spec"], cat(kind, ".spec"), 0));
  Draft schema = Draft::object(
      {{"type", "object"},
       {"properties",
        Draft::object({{"spec", std::move(spec)},
                       {"status", keepsUnknown(Draft::object({{"type", "object"}}))}})}});
  Draft version = Draft::object({{"name", "v2"}, {"served", true}, {"storage", true}});
  version["schema"]["openAPIV3Schema"] = std::move(schema);
  version["subresources"]["status"] = Draft::object();
  Draft crd = Draft::object(
      {{"apiVersion", "apiextensions.k8s.io/v1"}, {"kind", "CustomResourceDefinition"}});
  crd["metadata"] =
      Draft::object({{"name", cat(plural, ".", group)},
                     {"labels", Draft::object({{"app", ""}, {"app.kubernetes.io/name", ""}})}});
  crd["spec"] = Draft::object({{"group", group},
                               {"scope", "Namespaced"},
                               {"names", Draft::object({{"kind", kind},
                                                        {"listKind", cat(kind, "List")},
                                                        {"plural", plural},
                                                        {"singular", toLower(kind)}})},
                               {"versions", Draft::array({std::move(version)})}});
  return crd.finish();
}

doc::Doc ownTable() {
  auto table = doc::parseYamlDocument(kCrdTableYaml);
  MESHKA_ASSERT(table.has_value());
  return std::move(*table);
}

}  // namespace

Result<std::vector<doc::Doc>> crdsOfTable(Value table) {
  std::vector<doc::Doc> out;
  for (const auto [group, rows] : table["kinds"].members()) {
    for (const Value row : rows.elements()) {
      MESHKA_TRY(doc::Doc crd, crdOf(table["types"], group, row));
      out.push_back(std::move(crd));
    }
  }
  return out;
}

std::vector<doc::Doc> crdObjects() {
  auto crds = crdsOfTable(ownTable());
  MESHKA_ASSERT(crds.has_value());  // the table is part of the program, and a test reads it
  return std::move(*crds);
}

std::vector<std::string> crdGroups() {
  std::vector<std::string> out;
  const doc::Doc table = ownTable();
  for (const auto [group, rows] : table["kinds"].members()) out.emplace_back(group);
  return out;
}

}  // namespace meshka::mgmt
