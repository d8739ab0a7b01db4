// Schema: the shape of an API object, as an immutable graph of small nodes. The tables of the
// built-in kinds (generated from schemas/ into the program's read-only data, schema/tables.h) and
// the openAPIV3Schema of a CRD (schema/crd.h) compile into the same nodes, so validation, pruning,
// defaulting, merging, OpenAPI and protobuf know one form only.
//
// A node is borrowed: built-in nodes live as long as the program, a CRD's nodes as long as its
// CompiledSchema. Graphs may have cycles (JSONSchemaProps), therefore walks are bounded by the
// depth of the object, never of the schema.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace meshka::schema {

struct Schema;
class Pattern;

enum class Type : uint8_t { kAny, kObject, kArray, kString, kInteger, kNumber, kBoolean };
// "object", "array", ...; "" for kAny.
std::string_view toString(Type type);

// Types with a form of their own on the wire (JSON or protobuf).
enum class Special : uint8_t {
  kNone,
  kQuantity,         // text or number in JSON, message {1: text} in protobuf
  kIntOrString,      // message {1: type, 2: int, 3: text}
  kTime,             // RFC 3339 text, message {1: seconds, 2: nanos}
  kMicroTime,        // the same with six digits
  kRawExtension,     // any object, message {1: JSON bytes}
  kFieldsV1,         // the same
  kJson,             // any value, message {1: JSON bytes}
  kSchemaOrBool,     // JSONSchemaPropsOrBool {1: allows, 2: schema}
  kSchemaOrArray,    // JSONSchemaPropsOrArray {1: schema, 2: schemas}
  kSchemaOrStrings,  // JSONSchemaPropsOrStringArray {1: schema, 2: strings}
  kWrappedList,      // array in JSON, message {1: repeated} in protobuf (ExtraValue)
};

enum class ListType : uint8_t { kUnset, kAtomic, kSet, kMap };
enum class MapType : uint8_t { kUnset, kGranular, kAtomic };

// Bits of Schema::patch, from x-kubernetes-patch-strategy.
enum PatchStrategy : uint8_t {
  kPatchNone = 0,
  kPatchMerge = 1,
  kPatchRetainKeys = 2,
  kPatchReplace = 4
};

struct Property {
  std::string_view name;
  const Schema* schema = nullptr;
  // Protobuf field number; the further ones are set when the field is inlined in JSON but nested in
  // protobuf (Volume.hostPath is 2.1: volumeSource.hostPath). 0: no protobuf form.
  uint8_t proto[3] = {0, 0, 0};
  // First and last emulated minor version that has the field; 0: no bound known.
  uint8_t since = 0;
  uint8_t until = 0;
  bool required = false;
  // A scalar whose zero is not the same as its absence; matters where protobuf cannot tell
  // (schema/proto.h).
  bool pointer = false;

  // minor 0: every field is visible.
  bool visible(uint8_t minor) const {
    return minor == 0 || (since <= minor && (until == 0 || minor <= until));
  }
};

// What only few nodes have. A count of -1 means: no bound.
struct Rules {
  std::span<const std::string_view> enums_json;  // canonical JSON of each value
  std::string_view pattern;                      // RE2 syntax
  const Pattern* compiled = nullptr;             // of `pattern`
  double minimum = 0, maximum = 0, multiple_of = 0;
  bool has_minimum = false, has_maximum = false, exclusive_minimum = false,
       exclusive_maximum = false;
  bool unique_items = false;
  int64_t min_length = -1, max_length = -1;
  int64_t min_items = -1, max_items = -1;
  int64_t min_properties = -1, max_properties = -1;
  std::span<const Schema* const> all_of, any_of, one_of;
  const Schema* negated = nullptr;
  // x-kubernetes-validations as JSON text; evaluated elsewhere (CEL), kept for publishing.
  std::string_view validations_json;
};

struct Schema {
  Type type = Type::kAny;
  Special special = Special::kNone;
  ListType list_type = ListType::kUnset;
  MapType map_type = MapType::kUnset;
  uint8_t patch = kPatchNone;
  bool nullable = false;
  bool int_or_string = false;
  bool preserve_unknown = false;   // x-kubernetes-preserve-unknown-fields
  bool embedded_resource = false;  // apiVersion, kind and metadata are known here
  bool has_defaults = false;       // some of `properties` have a default
  std::string_view name;           // "io.k8s.api.core.v1.Pod"; empty for an anonymous node
  std::string_view format;         // "int32", "date-time", ...
  std::string_view merge_key;      // of a list with kPatchMerge
  std::string_view default_json;   // JSON text; empty: none
  std::string_view title, description;
  std::span<const std::string_view> map_keys;  // of ListType::kMap
  std::span<const Property> properties;        // sorted by name
  const Schema* items = nullptr;               // of an array
  const Schema* additional = nullptr;          // of a map: the schema of every value
  const Rules* rules = nullptr;

  // nullptr when there is no such property.
  const Property* property(std::string_view name) const;
  // True when members that are not in `properties` are kept as they are.
  bool open() const {
    return preserve_unknown || (type == Type::kAny && !additional && properties.empty());
  }
};

// The node at "spec.template.spec.containers[]" ("[]": items; "{}": value of a map); nullptr when
// absent.
const Schema* lookup(const Schema& root, std::string_view path);

}  // namespace meshka::schema
