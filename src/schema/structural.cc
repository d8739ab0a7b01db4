// The rules that make an openAPIV3Schema structural, named as the API server names them.
#include <algorithm>
#include <set>
#include <string>

#include "base/strings.h"
#include "doc/json.h"
#include "schema/crd.h"
#include "schema/field_error.h"
#include "schema/limits.h"
#include "schema/pattern.h"

namespace meshka::schema {
namespace {

using doc::Value;

constexpr std::string_view kUnsupported[] = {
    "$ref", "definitions", "dependencies", "patternProperties", "id", "$schema", "additionalItems"};
// What may not stand inside allOf, anyOf, oneOf and not.
constexpr std::string_view kNotInJunctors[] = {"additionalProperties",
                                               "default",
                                               "description",
                                               "nullable",
                                               "title",
                                               "type",
                                               "x-kubernetes-embedded-resource",
                                               "x-kubernetes-int-or-string",
                                               "x-kubernetes-list-map-keys",
                                               "x-kubernetes-list-type",
                                               "x-kubernetes-map-type",
                                               "x-kubernetes-preserve-unknown-fields",
                                               "x-kubernetes-validations"};
constexpr std::string_view kCombining[] = {"allOf", "anyOf", "oneOf"};

enum class Place { kRoot, kProperty, kItems, kAdditional };

class Checker {
 public:
  std::vector<Cause> causes;

  void node(Value schema, const std::string& path, Place place, uint32_t depth) {
    if (depth > kMaxSchemaDepth || ++nodes_ > kMaxSchemaNodes || causes.size() >= kMaxCauses) {
      if (depth > kMaxSchemaDepth)
        causes.push_back(forbiddenField(path, "schema is nested too deeply"));
      return;
    }
    if (!schema.isObject()) {
      causes.push_back(invalidValue(path, schema, "must be a schema object"));
      return;
    }
    type(schema, path, place);
    common(schema, path);
    extensions(schema, path);
    if (place == Place::kRoot) root(schema, path);
    if (schema["properties"].exists() && schema["additionalProperties"].exists()) {
      causes.push_back(forbiddenField(child(path, "additionalProperties"),
                                      "additionalProperties and properties are mutual exclusive"));
    }
    for (auto [name, property] : schema["properties"].members()) {
      node(property, keyed(child(path, "properties"), name), Place::kProperty, depth + 1);
    }
    Value additional = schema["additionalProperties"];
    if (additional.isObject())
      node(additional, child(path, "additionalProperties"), Place::kAdditional, depth + 1);
    if (additional.kind() == doc::Kind::kBool && !additional.boolean()) {
      causes.push_back(forbiddenField(child(path, "additionalProperties"),
                                      "additionalProperties cannot be set to false"));
    }
    Value items = schema["items"];
    if (items.isArray()) {
      causes.push_back(
          forbiddenField(child(path, "items"), "items must be a schema object and not an array"));
    } else if (items.exists()) {
      node(items, child(path, "items"), Place::kItems, depth + 1);
    } else if (schema["type"].text() == "array") {
      causes.push_back(requiredValue(child(path, "items"), "must be specified"));
    }
    junctors(schema, schema, path, depth);
  }

 private:
  void type(Value schema, const std::string& path, Place place) {
    std::string_view type = schema["type"].text();
    bool int_or_string = schema["x-kubernetes-int-or-string"].boolean();
    if (type.empty()) {
      if (int_or_string ||
          (schema["x-kubernetes-preserve-unknown-fields"].boolean() && place != Place::kRoot))
        return;
      std::string_view where = place == Place::kRoot ? "must not be empty at the root"
                               : place == Place::kItems
                                   ? "must not be empty for specified array items"
                                   : "must not be empty for specified object fields";
      causes.push_back(requiredValue(child(path, "type"), where));
      return;
    }
    static const std::vector<std::string> kTypes = {"array",  "boolean", "integer",
                                                    "number", "object",  "string"};
    if (std::ranges::find(kTypes, type) == kTypes.end()) {
      causes.push_back(unsupportedValue(child(path, "type"), schema["type"], kTypes));
    } else if (place == Place::kRoot && type != "object") {
      causes.push_back(invalidText(child(path, "type"), type, "must be object at the root"));
    } else if (int_or_string) {
      causes.push_back(forbiddenField(child(path, "type"),
                                      "must be empty if x-kubernetes-int-or-string is true"));
    }
  }

  // What holds inside of junctors, too.
  void common(Value schema, const std::string& path) {
    for (std::string_view name : kUnsupported) {
      if (schema[name].exists())
        causes.push_back(forbiddenField(child(path, name), cat(name, " is not supported")));
    }
    if (schema["uniqueItems"].boolean()) {
      causes.push_back(forbiddenField(
          child(path, "uniqueItems"),
          "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"));
    }
    Value pattern = schema["pattern"];
    if (pattern.exists()) {
      Result<Pattern> compiled = Pattern::compile(pattern.text());
      if (!compiled) {
        causes.push_back(invalidValue(
            child(path, "pattern"), pattern,
            cat("must be a valid regular expression, but isn't: ", compiled.error().message())));
      }
    }
    Value required = schema["required"];
    if (required.exists() && !required.isArray()) {
      causes.push_back(
          invalidValue(child(path, "required"), required, "must be an array of strings"));
    }
  }

  void extensions(Value schema, const std::string& path) {
    Value preserve = schema["x-kubernetes-preserve-unknown-fields"];
    if (preserve.exists() && !preserve.boolean()) {
      causes.push_back(invalidValue(child(path, "x-kubernetes-preserve-unknown-fields"), preserve,
                                    "must be true or undefined"));
    }
    std::string_view type = schema["type"].text();
    if (schema["x-kubernetes-embedded-resource"].boolean()) {
      if (type != "object") {
        causes.push_back(invalidText(child(path, "type"), type,
                                     "must be object if x-kubernetes-embedded-resource is true"));
      }
      if (!preserve.boolean() && schema["properties"].size() == 0) {
        causes.push_back(
            requiredValue(child(path, "properties"),
                          "must not be empty if x-kubernetes-embedded-resource is true without "
                          "x-kubernetes-preserve-unknown-fields"));
      }
    }
    listType(schema, path);
    Value map_type = schema["x-kubernetes-map-type"];
    if (map_type.exists() && map_type.text() != "atomic" && map_type.text() != "granular") {
      causes.push_back(
          unsupportedValue(child(path, "x-kubernetes-map-type"), map_type, {"atomic", "granular"}));
    }
  }

  void listType(Value schema, const std::string& path) {
    Value list_type = schema["x-kubernetes-list-type"], keys = schema["x-kubernetes-list-map-keys"];
    std::string_view text = list_type.text();
    if (list_type.exists() && schema["type"].text() != "array") {
      causes.push_back(invalidValue(child(path, "type"), schema["type"],
                                    "must be array if x-kubernetes-list-type is specified"));
      return;
    }
    if (list_type.exists() && text != "atomic" && text != "set" && text != "map") {
      causes.push_back(unsupportedValue(child(path, "x-kubernetes-list-type"), list_type,
                                        {"atomic", "map", "set"}));
    }
    if (text != "map") {
      if (keys.exists()) {
        causes.push_back(invalidValue(child(path, "x-kubernetes-list-type"), list_type,
                                      "must be map if x-kubernetes-list-map-keys is non-empty"));
      }
      return;
    }
    if (keys.size() == 0) {
      causes.push_back(requiredValue(child(path, "x-kubernetes-list-map-keys"),
                                     "must not be empty if x-kubernetes-list-type is map"));
    }
    Value items = schema["items"];
    if (items["type"].text() != "object") {
      causes.push_back(
          invalidValue(child(path, "items.type"), items["type"],
                       "must be object if parent array's x-kubernetes-list-type is map"));
    }
    std::set<std::string_view> seen;
    for (size_t i = 0; i < keys.size(); i++) {
      std::string_view key = keys[i].text();
      std::string at = indexed(child(path, "x-kubernetes-list-map-keys"), i);
      if (!seen.insert(key).second) causes.push_back(duplicateValue(at, show(keys[i])));
      Value property = items["properties"][key];
      std::string_view type = property["type"].text();
      if (!property.exists()) {
        causes.push_back(invalidValue(at, keys[i], "entries must all be names of item properties"));
      } else if (type == "object" || type == "array") {
        causes.push_back(invalidValue(
            at, keys[i], "must be a scalar type if parent array's x-kubernetes-list-type is map"));
      } else if (!property["default"].exists() && !contains(items["required"], key)) {
        causes.push_back(requiredValue(
            cat(path, ".items.properties[", key, "].default"),
            "this property is in x-kubernetes-list-map-keys, so it must have a default or be a "
            "required property"));
      }
    }
  }

  void root(Value schema, const std::string& path) {
    if (schema["nullable"].boolean()) {
      causes.push_back(
          forbiddenField(child(path, "nullable"), "nullable cannot be true at the root"));
    }
    Value metadata = schema["properties"]["metadata"];
    std::string at = keyed(child(path, "properties"), "metadata");
    for (auto [name, property] : metadata["properties"].members()) {
      if (name == "name" || name == "generateName") continue;
      causes.push_back(forbiddenField(
          at,
          "must not specify anything other than name and generateName, but metadata is "
          "implicitly specified"));
      break;
    }
    if (metadata.exists() && metadata["type"].text() != "object") {
      causes.push_back(invalidValue(child(at, "type"), metadata["type"], "must be object"));
    }
  }

  static bool contains(Value list, std::string_view text) {
    for (Value element : list.elements()) {
      if (element.text() == text) return true;
    }
    return false;
  }

  // `structural` is the part outside of the junctors: what these name must stand there, too.
  void junctors(Value schema, Value structural, const std::string& path, uint32_t depth) {
    for (std::string_view name : kCombining) {
      Value list = schema[name];
      for (size_t i = 0; i < list.size(); i++)
        inJunctor(list[i], structural, indexed(child(path, name), i), depth + 1);
    }
    if (schema["not"].exists()) inJunctor(schema["not"], structural, child(path, "not"), depth + 1);
  }

  void inJunctor(Value schema, Value structural, const std::string& path, uint32_t depth) {
    if (depth > kMaxSchemaDepth || ++nodes_ > kMaxSchemaNodes || causes.size() >= kMaxCauses)
      return;
    for (std::string_view name : kNotInJunctors) {
      if (!schema[name].exists()) continue;
      // anyOf: [{type: integer}, {type: string}] is how int-or-string is written.
      if (name == "type" && structural["x-kubernetes-int-or-string"].boolean()) continue;
      causes.push_back(forbiddenField(child(path, name), "must be empty to be structural"));
    }
    common(schema, path);
    for (auto [name, property] : schema["properties"].members()) {
      std::string at = keyed(child(path, "properties"), name);
      Value outside = structural["properties"][name];
      if (!outside.exists() && !structural["x-kubernetes-preserve-unknown-fields"].boolean()) {
        causes.push_back(requiredValue(
            at, "because it is defined in a junctor, it must be specified outside of it, too"));
        continue;
      }
      inJunctor(property, outside, at, depth + 1);
    }
    if (schema["items"].isObject())
      inJunctor(schema["items"], structural["items"], child(path, "items"), depth + 1);
    junctors(schema, structural, path, depth);
  }

  size_t nodes_ = 0;
};

}  // namespace

std::vector<Cause> checkStructural(doc::Value openapi_schema, std::string_view path) {
  Checker checker;
  checker.node(openapi_schema, std::string(path), Place::kRoot, 0);
  return std::move(checker.causes);
}

}  // namespace meshka::schema
