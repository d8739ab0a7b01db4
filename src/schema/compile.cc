#include "schema/compile.h"

#include <algorithm>
#include <deque>
#include <set>
#include <string>
#include <vector>

#include "doc/json.h"
#include "schema/limits.h"
#include "schema/pattern.h"
#include "schema/tables.h"

namespace meshka::schema {
namespace {

using doc::Value;

constexpr std::string_view kObjectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

Type typeOf(std::string_view text) {
  if (text == "object") return Type::kObject;
  if (text == "array") return Type::kArray;
  if (text == "string") return Type::kString;
  if (text == "integer") return Type::kInteger;
  if (text == "number") return Type::kNumber;
  if (text == "boolean") return Type::kBoolean;
  return Type::kAny;
}

// Texts are views into the document, which is kept; what must be made is owned in deques, whose
// elements stay in place.
class Compiled final : public CompiledSchema {
 public:
  Compiled(Value document, bool resource) : document_(document.doc()) {
    Schema* root = compile(document_, 0);
    if (!document_.exists() || document_.value().isNull()) {
      root->type = Type::kObject;
      root->preserve_unknown = true;
    }
    if (resource) addResourceFields(*root, document_);
    root_ = root;
  }

 private:
  Schema* compile(Value from, uint32_t depth) {
    Schema& node = nodes_.emplace_back();
    if (depth > kMaxSchemaDepth || nodes_.size() > kMaxSchemaNodes) {
      node.preserve_unknown = true;
      return &node;
    }
    node.type = typeOf(from["type"].text());
    node.format = from["format"].text();
    node.title = from["title"].text();
    node.description = from["description"].text();
    node.nullable = from["nullable"].boolean();
    node.int_or_string =
        from["x-kubernetes-int-or-string"].boolean() || node.format == "int-or-string";
    node.preserve_unknown = from["x-kubernetes-preserve-unknown-fields"].boolean();
    node.embedded_resource = from["x-kubernetes-embedded-resource"].boolean();
    std::string_view list = from["x-kubernetes-list-type"].text(),
                     map = from["x-kubernetes-map-type"].text();
    node.list_type = list == "atomic" ? ListType::kAtomic
                     : list == "set"  ? ListType::kSet
                     : list == "map"  ? ListType::kMap
                                      : ListType::kUnset;
    node.map_type = map == "atomic"     ? MapType::kAtomic
                    : map == "granular" ? MapType::kGranular
                                        : MapType::kUnset;
    if (from["x-kubernetes-list-map-keys"].size() != 0)
      node.map_keys = names(from["x-kubernetes-list-map-keys"]);
    if (from["default"].exists())
      node.default_json = texts_.emplace_back(doc::toJson(from["default"]));
    properties(node, from, depth);
    if (from["items"].isObject()) node.items = compile(from["items"], depth + 1);
    Value additional = from["additionalProperties"];
    if (additional.isObject()) node.additional = compile(additional, depth + 1);
    if (additional.boolean())
      node.additional = &nodes_.emplace_back(Schema{.preserve_unknown = true});
    rules(node, from, depth);
    if (node.embedded_resource) addResourceFields(node, from);
    return &node;
  }

  void properties(Schema& node, Value from, uint32_t depth) {
    std::set<std::string_view> required;
    for (Value name : from["required"].elements()) required.insert(name.text());
    std::vector<Property> list;
    for (auto [name, schema] : from["properties"].members()) {
      list.push_back({.name = name,
                      .schema = compile(schema, depth + 1),
                      .required = required.erase(name) != 0});
    }
    // Required members without a schema of their own (in a junctor, or of an open object).
    for (std::string_view name : required) {
      list.push_back({.name = name,
                      .schema = &nodes_.emplace_back(Schema{.preserve_unknown = true}),
                      .required = true});
    }
    keep(node, std::move(list));
  }

  void keep(Schema& node, std::vector<Property> list) {
    if (list.empty()) return;
    std::ranges::sort(list, {}, &Property::name);
    node.has_defaults = std::ranges::any_of(
        list, [](const Property& p) { return !p.schema->default_json.empty(); });
    node.properties = lists_.emplace_back(std::move(list));
  }

  void addResourceFields(Schema& node, Value from) {
    const Schema* meta = builtinType(kObjectMeta);
    const Schema* text = meta->property("name")->schema;
    std::vector<Property> list(node.properties.begin(), node.properties.end());
    auto set = [&list](std::string_view name, const Schema* schema) {
      for (Property& property : list) {
        if (property.name == name) return property.schema = schema, void();
      }
      list.push_back({.name = name, .schema = schema});
    };
    if (node.property("apiVersion") == nullptr) set("apiVersion", text);
    if (node.property("kind") == nullptr) set("kind", text);
    const Property* own = node.property("metadata");
    if (own != nullptr && from["properties"]["metadata"]["properties"].size() != 0) {
      // ObjectMeta, and what the CRD asks of the name besides.
      Schema& both = nodes_.emplace_back(*meta);
      auto& one = pointers_.emplace_back(std::vector<const Schema*>{own->schema});
      both.rules = &rules_.emplace_back(Rules{.all_of = one});
      set("metadata", &both);
    } else {
      set("metadata", meta);
    }
    keep(node, std::move(list));
  }

  Names names(Value list) {
    std::vector<std::string_view> out;
    for (Value element : list.elements()) out.push_back(element.text());
    return views_.emplace_back(std::move(out));
  }

  std::span<const Schema* const> schemas(Value list, uint32_t depth) {
    std::vector<const Schema*> out;
    for (Value element : list.elements()) out.push_back(compile(element, depth + 1));
    return pointers_.emplace_back(std::move(out));
  }

  void rules(Schema& node, Value from, uint32_t depth) {
    Rules r;
    bool any = false;
    auto count = [&](std::string_view name, int64_t& field) {
      if (!from[name].isNumber()) return;
      field = from[name].integer();
      any = true;
    };
    auto limit = [&](std::string_view name, double& field, bool& has) {
      if (!from[name].isNumber()) return;
      field = from[name].number();
      has = any = true;
    };
    count("minLength", r.min_length), count("maxLength", r.max_length);
    count("minItems", r.min_items), count("maxItems", r.max_items);
    count("minProperties", r.min_properties), count("maxProperties", r.max_properties);
    limit("minimum", r.minimum, r.has_minimum), limit("maximum", r.maximum, r.has_maximum);
    bool has_multiple = false;
    limit("multipleOf", r.multiple_of, has_multiple);
    r.exclusive_minimum = from["exclusiveMinimum"].boolean();
    r.exclusive_maximum = from["exclusiveMaximum"].boolean();
    if (from["uniqueItems"].boolean()) r.unique_items = any = true;
    if (from["pattern"].isString()) {
      r.pattern = from["pattern"].text();
      if (Result<Pattern> compiled = Pattern::compile(r.pattern))
        r.compiled = &patterns_.emplace_back(std::move(*compiled));
      any = true;
    }
    if (from["enum"].size() != 0) {
      std::vector<std::string_view> values;
      for (Value value : from["enum"].elements())
        values.push_back(texts_.emplace_back(doc::toJson(value)));
      r.enums_json = views_.emplace_back(std::move(values));
      any = true;
    }
    if (from["allOf"].size() != 0) any = true, r.all_of = schemas(from["allOf"], depth);
    if (from["anyOf"].size() != 0) any = true, r.any_of = schemas(from["anyOf"], depth);
    if (from["oneOf"].size() != 0) any = true, r.one_of = schemas(from["oneOf"], depth);
    if (from["not"].isObject()) any = true, r.negated = compile(from["not"], depth + 1);
    if (from["x-kubernetes-validations"].size() != 0) {
      r.validations_json = texts_.emplace_back(doc::toJson(from["x-kubernetes-validations"]));
      any = true;
    }
    if (any) node.rules = &rules_.emplace_back(r);
  }

  doc::Doc document_;
  std::deque<Schema> nodes_;
  std::deque<std::vector<Property>> lists_;
  std::deque<Rules> rules_;
  std::deque<Pattern> patterns_;
  std::deque<std::string> texts_;
  std::deque<std::vector<std::string_view>> views_;
  std::deque<std::vector<const Schema*>> pointers_;
};

}  // namespace

std::shared_ptr<const CompiledSchema> compileNodes(doc::Value openapi_schema, bool resource) {
  return std::make_shared<const Compiled>(openapi_schema, resource);
}

}  // namespace meshka::schema
