#include "schema/openapi_schema.h"

#include <algorithm>

#include "base/strings.h"
#include "doc/json.h"
#include "schema/tables.h"

namespace meshka::schema {
namespace {

using doc::Draft;

Draft parsed(std::string_view json) {
  Result<doc::Doc> value = doc::parseJson(json);
  return value ? Draft(*value) : Draft();
}

constexpr std::string_view kListMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";

// "io.k8s.api.policy.v1" of a kind in policy/v1; empty for custom kinds.
std::string_view packageOf(std::string_view group, std::string_view version) {
  for (const KindEntry& kind : builtinKinds()) {
    if (kind.group != group || kind.version != version) continue;
    return kind.schema->name.substr(0, kind.schema->name.rfind('.'));
  }
  return {};
}

}  // namespace

std::string openApiName(const KindEntry& kind) {
  if (!kind.schema->name.empty()) return std::string(kind.schema->name);
  std::vector<std::string_view> parts = split(kind.group, '.');
  std::string out;
  for (auto it = parts.rbegin(); it != parts.rend(); ++it) out += cat(*it, ".");
  return cat(out, kind.version, ".", kind.kind);
}

void OpenApiSchemas::gvk(const std::string& name, std::string_view group, std::string_view version,
                         std::string_view kind) {
  std::vector<Draft>& list = gvks_[name];
  Draft entry = Draft::object({{"group", group}, {"version", version}, {"kind", kind}});
  doc::Doc value = entry.finish();
  if (std::ranges::none_of(list, [&](const Draft& other) { return other.finish() == value; }))
    list.push_back(entry);
}

void OpenApiSchemas::add(const KindEntry& kind) {
  std::string name = openApiName(kind);
  gvk(name, kind.group, kind.version, kind.kind);
  if (kind.schema->name.empty()) custom_names_[kind.schema] = name;
  (void)refOf(kind);
  if (std::ranges::find(kind.verbs, "list") != kind.verbs.end()) {
    gvk(name + "List", kind.group, kind.version, kind.list_kind);
    (void)refOfList(kind);
  }
  for (const SubresourceEntry& sub : kind.subresources) (void)refOfSubresource(kind, sub);
}

Draft OpenApiSchemas::byName(std::string_view name) {
  std::string_view prefix = form_ == Form::kV2 ? "#/definitions/" : "#/components/schemas/";
  return Draft::object({{"$ref", cat(prefix, name)}});
}

Draft OpenApiSchemas::ref(const Schema& named) {
  auto custom = custom_names_.find(&named);
  std::string name = custom != custom_names_.end() ? custom->second : std::string(named.name);
  if (wanted_.emplace(name, &named).second) queue_.push_back(name);
  return byName(name);
}

Draft OpenApiSchemas::refOf(const KindEntry& kind) {
  return ref(*kind.schema);
}

Draft OpenApiSchemas::refOfList(const KindEntry& kind) {
  if (kind.list_schema != nullptr) return ref(*kind.list_schema);
  std::string name = openApiName(kind) + "List";
  if (!lists_.contains(name)) {
    const Schema* meta = builtinType(kListMeta);
    const Schema& text =
        *builtinType("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")->property("name")->schema;
    Draft items = Draft::object({{"type", "array"}, {"items", refOf(kind)}});
    lists_[name] = Draft::object({{"type", "object"},
                                  {"required", Draft::strings({"items"})},
                                  {"properties", Draft::object({{"apiVersion", node(text, false)},
                                                                {"kind", node(text, false)},
                                                                {"metadata", ref(*meta)},
                                                                {"items", items}})}});
  }
  return byName(name);
}

Draft OpenApiSchemas::refOfSubresource(const KindEntry& kind, const SubresourceEntry& sub) {
  if (sub.group == kind.group && sub.version == kind.version && sub.kind == kind.kind)
    return refOf(kind);
  const Schema* type = builtinType(cat(packageOf(sub.group, sub.version), ".", sub.kind));
  if (type == nullptr) return Draft();  // PodExecOptions and the like travel as query parameters
  gvk(std::string(type->name), sub.group, sub.version, sub.kind);
  return ref(*type);
}

Draft OpenApiSchemas::definitions() {
  Draft out = Draft::object();
  for (size_t i = 0; i < queue_.size(); i++) {  // grows while it is walked
    std::string name = queue_[i];
    Draft schema = node(*wanted_[name], true);
    out[name] = std::move(schema);
  }
  for (auto& [name, schema] : lists_) out[name] = schema;
  for (auto& [name, list] : gvks_) {
    if (Draft* found = out.find(name))
      (*found)["x-kubernetes-group-version-kind"] = Draft::array(list);
  }
  return out;
}

Draft OpenApiSchemas::special(const Schema& schema) const {
  if (schema.special == Special::kJson || schema.special == Special::kSchemaOrArray ||
      schema.special == Special::kSchemaOrBool || schema.special == Special::kSchemaOrStrings) {
    return Draft::object();
  }
  Draft out = Draft::object();
  bool either = schema.special == Special::kIntOrString || schema.special == Special::kQuantity;
  if (either && form_ == Form::kV3) {
    std::string_view number = schema.special == Special::kQuantity ? "number" : "integer";
    out["oneOf"] =
        Draft::array({Draft::object({{"type", number}}), Draft::object({{"type", "string"}})});
  } else {
    out["type"] = toString(schema.type);
  }
  if (!schema.format.empty()) out["format"] = schema.format;
  return out;
}

Draft OpenApiSchemas::node(const Schema& schema, bool root) {
  bool custom_root = custom_names_.contains(&schema);
  if (!root && (!schema.name.empty() || custom_root)) {
    Draft out = ref(schema);
    Draft extra = Draft::object();
    if (schema.patch == kPatchNone && schema.default_json.empty()) return out;
    marks(extra, schema);
    if (extra.size() == 0) return out;
    // OpenAPI v3 ignores what stands beside a $ref.
    if (form_ == Form::kV3) out = Draft::object({{"allOf", Draft::array({out})}});
    for (const std::string& key : extra.keys()) out[key] = *extra.find(key);
    return out;
  }
  if (schema.special != Special::kNone && schema.special != Special::kWrappedList &&
      schema.name.size() != 0) {
    return special(schema);
  }
  Draft out = Draft::object();
  if (!schema.description.empty()) out["description"] = schema.description;
  // Clients of v2 know neither null nor open objects; where these are allowed, v2 says nothing
  // about the value.
  bool v2_open = form_ == Form::kV2 && (schema.nullable || schema.preserve_unknown) && !root;
  if (schema.int_or_string)
    out["x-kubernetes-int-or-string"] = true;
  else if (schema.type != Type::kAny && !(form_ == Form::kV2 && schema.nullable))
    out["type"] = toString(schema.type);
  if (!schema.format.empty()) out["format"] = schema.format;
  if (form_ == Form::kV3 && schema.nullable) out["nullable"] = true;
  if (!v2_open) object(out, schema);
  if (!root)
    marks(out, schema);
  else if (schema.map_type == MapType::kAtomic)
    out["x-kubernetes-map-type"] = "atomic";
  if (schema.preserve_unknown && schema.name.empty())
    out["x-kubernetes-preserve-unknown-fields"] = true;
  if (schema.embedded_resource) out["x-kubernetes-embedded-resource"] = true;
  if (schema.rules != nullptr) rules(out, *schema.rules);
  return out;
}

void OpenApiSchemas::object(Draft& out, const Schema& schema) {
  Draft required = Draft::array();
  if (!schema.properties.empty()) {
    Draft properties = Draft::object();
    for (const Property& property : schema.properties) {
      properties[property.name] = node(*property.schema, false);
      if (property.required) required.push(property.name);
    }
    out["properties"] = std::move(properties);
  }
  if (required.size() != 0) out["required"] = std::move(required);
  if (schema.items != nullptr) out["items"] = node(*schema.items, false);
  if (schema.additional != nullptr) out["additionalProperties"] = node(*schema.additional, false);
}

void OpenApiSchemas::marks(Draft& out, const Schema& schema) const {
  if (schema.list_type != ListType::kUnset) {
    out["x-kubernetes-list-type"] = schema.list_type == ListType::kAtomic ? "atomic"
                                    : schema.list_type == ListType::kSet  ? "set"
                                                                          : "map";
  }
  if (!schema.map_keys.empty()) {
    Draft keys = Draft::array();
    for (std::string_view key : schema.map_keys) keys.push(key);
    out["x-kubernetes-list-map-keys"] = std::move(keys);
  }
  if (schema.map_type != MapType::kUnset && schema.name.empty()) {
    out["x-kubernetes-map-type"] = schema.map_type == MapType::kAtomic ? "atomic" : "granular";
  }
  std::vector<std::string> strategies;
  if (schema.patch & kPatchMerge) strategies.emplace_back("merge");
  if (schema.patch & kPatchRetainKeys) strategies.emplace_back("retainKeys");
  if (schema.patch & kPatchReplace) strategies.emplace_back("replace");
  if (!strategies.empty()) out["x-kubernetes-patch-strategy"] = join(strategies, ",");
  if (!schema.merge_key.empty()) out["x-kubernetes-patch-merge-key"] = schema.merge_key;
  if (form_ == Form::kV3 && !schema.default_json.empty())
    out["default"] = parsed(schema.default_json);
}

void OpenApiSchemas::rules(Draft& out, const Rules& r) {
  if (!r.enums_json.empty()) {
    Draft values = Draft::array();
    for (std::string_view value : r.enums_json) values.push(parsed(value));
    out["enum"] = std::move(values);
  }
  if (!r.pattern.empty()) out["pattern"] = r.pattern;
  if (r.has_minimum) out["minimum"] = r.minimum;
  if (r.has_maximum) out["maximum"] = r.maximum;
  if (r.exclusive_minimum) out["exclusiveMinimum"] = true;
  if (r.exclusive_maximum) out["exclusiveMaximum"] = true;
  if (r.multiple_of > 0) out["multipleOf"] = r.multiple_of;
  auto count = [&out](std::string_view name, int64_t value) {
    if (value >= 0) out[name] = value;
  };
  count("minLength", r.min_length), count("maxLength", r.max_length);
  count("minItems", r.min_items), count("maxItems", r.max_items);
  count("minProperties", r.min_properties), count("maxProperties", r.max_properties);
  if (!r.validations_json.empty()) out["x-kubernetes-validations"] = parsed(r.validations_json);
  if (form_ == Form::kV2) return;  // v2 has no oneOf, anyOf and not
  auto all = [&](std::string_view name, std::span<const Schema* const> list) {
    if (list.empty()) return;
    Draft schemas = Draft::array();
    for (const Schema* schema : list) schemas.push(node(*schema, false));
    out[name] = std::move(schemas);
  };
  all("allOf", r.all_of), all("anyOf", r.any_of), all("oneOf", r.one_of);
  if (r.negated != nullptr) out["not"] = node(*r.negated, false);
}

}  // namespace meshka::schema
