// The decoding step: JSON types of the fields of built-in kinds, unknown fields, and their
// messages.
#include <cmath>
#include <limits>

#include "base/strings.h"
#include "doc/json.h"
#include "schema/field_error.h"
#include "schema/format.h"
#include "schema/limits.h"
#include "schema/validate.h"

namespace meshka::schema {
namespace {

using doc::Kind;
using doc::Value;

// "io.k8s.api.core.v1.PodSpec" is v1.PodSpec to Go.
std::string_view goName(std::string_view name) {
  size_t dot = name.rfind('.');
  size_t before = dot == std::string_view::npos ? dot : name.rfind('.', dot - 1);
  return before == std::string_view::npos ? name : name.substr(before + 1);
}

std::string goType(const Schema& schema) {
  if (!schema.name.empty()) return std::string(goName(schema.name));
  switch (schema.type) {
    case Type::kArray:
      return cat("[]", schema.items == nullptr ? "interface {}" : goType(*schema.items));
    case Type::kObject:
      return cat("map[string]",
                 schema.additional == nullptr ? "interface {}" : goType(*schema.additional));
    case Type::kString:
      return schema.format == "byte" ? "[]uint8" : "string";
    case Type::kInteger:
      return std::string(schema.format.empty() ? "int64" : schema.format);
    case Type::kNumber:
      return "float64";
    case Type::kBoolean:
      return "bool";
    case Type::kAny:
      break;
  }
  return "interface {}";
}

std::string goValue(Value value) {
  switch (value.kind()) {
    case Kind::kBool:
      return "bool";
    case Kind::kString:
      return "string";
    case Kind::kArray:
      return "array";
    case Kind::kObject:
      return "object";
    case Kind::kInt:
    case Kind::kDouble:
      return "number";
    default:
      return "null";
  }
}

class TypeCheck {
 public:
  // The text of the first misfit; empty when there is none.
  std::string run(const Schema& schema, Value value, std::string_view owner,
                  const std::string& path, uint32_t depth) {
    if (!value.exists() || value.isNull() || schema.special == Special::kJson ||
        schema.type == Type::kAny)
      return {};
    if (depth > kMaxWalkDepth) return cat("exceeded max depth at ", path);
    if (std::string text = special(schema, value); !text.empty()) return text;
    if (!fits(schema, value)) return misfit(schema, value, owner, path);
    if (value.isObject()) {
      for (auto [key, member] : value.members()) {
        const Property* property = schema.property(key);
        const Schema* next = property != nullptr ? property->schema : schema.additional;
        if (next == nullptr) continue;
        // Go names the innermost struct, and the whole path.
        std::string_view name = property != nullptr ? goStruct(schema, owner) : owner;
        std::string text =
            run(*next, member, name, property != nullptr ? child(path, key) : path, depth + 1);
        if (!text.empty()) return text;
      }
    } else if (value.isArray() && schema.items != nullptr) {
      for (Value element : value.elements()) {
        std::string text = run(*schema.items, element, owner, path, depth + 1);
        if (!text.empty()) return text;
      }
    }
    return {};
  }

 private:
  static std::string_view goStruct(const Schema& schema, std::string_view owner) {
    return schema.name.empty() ? owner : schema.name.substr(schema.name.rfind('.') + 1);
  }

  static std::string special(const Schema& schema, Value value) {
    if (schema.special == Special::kQuantity && (value.isString() || value.isNumber())) {
      std::string text = value.isString() ? std::string(value.text()) : doc::toJson(value);
      if (isQuantity(text)) return {};
      return "quantities must match the regular expression "
             "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    }
    bool time = schema.special == Special::kTime || schema.special == Special::kMicroTime;
    if (time && value.isString() && !isDateTime(value.text())) {
      return cat("parsing time \"", value.text(),
                 "\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"", value.text(),
                 "\" as \"2006\"");
    }
    if (schema.format == "byte" && value.isString() && !base64Decode(value.text())) {
      return "illegal base64 data at input byte 0";
    }
    return {};
  }

  static bool fits(const Schema& schema, Value value) {
    if (schema.int_or_string) return value.isString() || value.isNumber();
    switch (schema.type) {
      case Type::kAny:
        return true;
      case Type::kObject:
        return value.isObject();
      case Type::kArray:
        return value.isArray();
      case Type::kString:
        return value.isString();
      case Type::kBoolean:
        return value.kind() == Kind::kBool;
      case Type::kNumber:
        return value.isNumber();
      case Type::kInteger: {
        if (value.kind() != Kind::kInt) return false;
        constexpr auto kMin = std::numeric_limits<int32_t>::min(),
                       kMax = std::numeric_limits<int32_t>::max();
        return schema.format != "int32" || (value.integer() >= kMin && value.integer() <= kMax);
      }
    }
    return true;
  }

  static std::string misfit(const Schema& schema, Value value, std::string_view owner,
                            const std::string& path) {
    std::string what = goValue(value);
    if (value.isNumber() && (schema.type == Type::kInteger || schema.int_or_string))
      what += cat(" ", doc::toJson(value));
    if (path.empty())
      return cat("json: cannot unmarshal ", what, " into Go value of type ", goType(schema));
    return cat("json: cannot unmarshal ", what, " into Go struct field ", owner, ".", path,
               " of type ", goType(schema));
  }
};

void collectUnknown(const Schema& schema, Value value, const std::string& path, uint8_t minor,
                    uint32_t depth, std::vector<std::string>& out) {
  if (depth > kMaxWalkDepth || out.size() >= kMaxUnknownFields) return;
  if (value.isArray()) {
    if (schema.items == nullptr) return;
    size_t index = 0;
    for (Value element : value.elements()) {
      collectUnknown(*schema.items, element, indexed(path, index++), minor, depth + 1, out);
    }
    return;
  }
  if (!value.isObject() || schema.special == Special::kRawExtension ||
      schema.special == Special::kFieldsV1)
    return;
  for (auto [key, member] : value.members()) {
    const Property* property = schema.property(key);
    if (property != nullptr && property->visible(minor)) {
      collectUnknown(*property->schema, member, child(path, key), minor, depth + 1, out);
    } else if (schema.additional != nullptr) {
      collectUnknown(*schema.additional, member, child(path, key), minor, depth + 1, out);
    } else if (!schema.open() && out.size() < kMaxUnknownFields) {
      out.push_back(child(path, key));
    }
  }
}

}  // namespace

Result<FieldValidation> parseFieldValidation(std::string_view text, FieldValidation fallback) {
  if (text.empty()) return fallback;
  if (text == "Ignore") return FieldValidation::kIgnore;
  if (text == "Warn") return FieldValidation::kWarn;
  if (text == "Strict") return FieldValidation::kStrict;
  std::vector<Cause> causes = {
      unsupportedValue("fieldValidation", doc::Draft(text).finish(), {"Ignore", "Strict", "Warn"})};
  return fail(invalidObject("meta.k8s.io", "CreateOptions", "", std::move(causes)));
}

Result<void> checkTypes(const Schema& schema, doc::Value object, std::string_view kind,
                        std::string_view version) {
  std::string text = TypeCheck().run(schema, object, kind, "", 0);
  if (text.empty()) return {};
  return fail(badRequest(
      cat(kind, " in version \"", version, "\" cannot be handled as a ", kind, ": ", text)));
}

std::vector<std::string> unknownFields(const Schema& schema, doc::Value object, uint8_t minor) {
  std::vector<std::string> out;
  collectUnknown(schema, object, "", minor, 0, out);
  return out;
}

std::vector<std::string> fieldMessages(const std::vector<std::string>& unknown,
                                       const std::vector<std::string>& duplicate) {
  std::vector<std::string> out;
  for (const std::string& path : unknown) out.push_back(cat("unknown field \"", path, "\""));
  for (const std::string& path : duplicate) out.push_back(cat("duplicate field \"", path, "\""));
  return out;
}

Error strictDecodingError(std::string_view kind, std::string_view version,
                          const std::vector<std::string>& messages) {
  return badRequest(cat(kind, " in version \"", version, "\" cannot be handled as a ", kind,
                        ": strict decoding error: ", join(messages, ", ")));
}

}  // namespace meshka::schema
