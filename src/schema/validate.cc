// Validation of custom resources: everything that an openAPIV3Schema says, in the API server's
// words.
#include "schema/validate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "base/strings.h"
#include "doc/json.h"
#include "schema/field_error.h"
#include "schema/format.h"
#include "schema/limits.h"
#include "schema/pattern.h"

namespace meshka::schema {
namespace {

using doc::Kind;
using doc::Value;

std::string_view jsonTypeName(Value value) {
  switch (value.kind()) {
    case Kind::kBool:
      return "boolean";
    case Kind::kInt:
      return "integer";
    case Kind::kDouble:
      return "number";
    case Kind::kString:
      return "string";
    case Kind::kArray:
      return "array";
    case Kind::kObject:
      return "object";
    default:
      return "null";
  }
}

bool isInteger(Value value) {
  return value.kind() == Kind::kInt ||
         (value.kind() == Kind::kDouble && std::trunc(value.number()) == value.number());
}

bool fitsType(const Schema& schema, Value value) {
  if (schema.int_or_string) return value.isString() || isInteger(value);
  switch (schema.type) {
    case Type::kAny:
      return true;
    case Type::kObject:
      return value.isObject();
    case Type::kArray:
      return value.isArray();
    case Type::kString:
      return value.isString();
    case Type::kInteger:
      return isInteger(value);
    case Type::kNumber:
      return value.isNumber();
    case Type::kBoolean:
      return value.kind() == Kind::kBool;
  }
  return true;
}

// Code points, as Go counts the characters of a string.
int64_t runeCount(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

std::string numberText(double value) {
  if (std::trunc(value) == value && std::fabs(value) < 9e15)
    return cat(static_cast<int64_t>(value));
  return doc::toJson(doc::Draft(value).finish());
}

class Validator {
 public:
  std::vector<Cause> causes;

  void run(const Schema& schema, Value value, const std::string& path, Value old, uint32_t depth) {
    if (causes.size() >= kMaxCauses) return;
    if (depth > kMaxWalkDepth) {
      causes.push_back(invalidText(path, "", "object is nested too deeply"));
      return;
    }
    if (old.exists() && old == value)
      return;  // ratcheting: what did not change is not judged again
    if (value.isNull()) {
      if (!schema.nullable && schema.type != Type::kAny) typeError(schema, value, path);
      return;
    }
    if (!fitsType(schema, value)) {
      typeError(schema, value, path);
      return;
    }
    if (value.isObject()) object(schema, value, path, old, depth);
    if (value.isArray()) array(schema, value, path, old, depth);
    if (value.isString() && !schema.format.empty() && !schema.int_or_string &&
        !matchesFormat(schema.format, value.text())) {
      add(invalidValue(path, value,
                       cat(path, " in body must be of type ", schema.format, ": ", show(value))));
    }
    if (schema.rules != nullptr) rules(*schema.rules, value, path, depth);
  }

 private:
  void add(Cause cause) { causes.push_back(std::move(cause)); }

  void typeError(const Schema& schema, Value value, const std::string& path) {
    std::string_view want = schema.int_or_string ? "integer,string" : toString(schema.type);
    std::string_view got = jsonTypeName(value);
    add(wrongType(path, cat("\"", got, "\""),
                  cat(path, " in body must be of type ", want, ": \"", got, "\"")));
  }

  void object(const Schema& schema, Value value, const std::string& path, Value old,
              uint32_t depth) {
    for (const Property& property : schema.properties) {
      if (property.required && !value[property.name].exists())
        add(requiredValue(child(path, property.name)));
    }
    if (schema.embedded_resource) {
      for (std::string_view name : {"apiVersion", "kind"}) {
        if (value[name].text().empty()) add(requiredValue(child(path, name), "must not be empty"));
      }
    }
    for (auto [key, member] : value.members()) {
      const Property* property = schema.property(key);
      if (property != nullptr) {
        // In built-in types (metadata) a null reads as absent.
        if (member.isNull() && !schema.name.empty()) continue;
        run(*property->schema, member, child(path, key), old[key], depth + 1);
      } else if (schema.additional != nullptr) {
        run(*schema.additional, member, child(path, key), old[key], depth + 1);
      }
    }
  }

  void array(const Schema& schema, Value value, const std::string& path, Value old,
             uint32_t depth) {
    if (schema.items != nullptr) {
      for (size_t i = 0; i < value.size(); i++)
        run(*schema.items, value[i], indexed(path, i), old[i], depth + 1);
    }
    if (schema.list_type == ListType::kSet || schema.list_type == ListType::kMap)
      duplicates(schema, value, path);
  }

  void duplicates(const Schema& schema, Value value, const std::string& path) {
    std::set<std::string> seen;
    for (size_t i = 0; i < value.size(); i++) {
      std::string key;
      if (schema.list_type == ListType::kSet) {
        key = doc::toJson(value[i]);
      } else {
        doc::Draft keys = doc::Draft::object();
        for (std::string_view name : schema.map_keys) {
          if (value[i][name].exists()) keys[name] = doc::Draft(value[i][name]);
        }
        key = doc::toJson(keys.finish());
      }
      if (!seen.insert(key).second) add(duplicateValue(indexed(path, i), key));
    }
  }

  void rules(const Rules& r, Value value, const std::string& path, uint32_t depth) {
    if (!r.enums_json.empty()) enumeration(r, value, path);
    if (value.isString()) text(r, value, path);
    if (value.isNumber()) number(r, value, path);
    if (value.isArray()) {
      int64_t size = static_cast<int64_t>(value.size());
      if (r.min_items >= 0 && size < r.min_items) {
        add(invalidValue(path, value,
                         cat(path, " in body should have at least ", r.min_items, " items")));
      }
      if (r.max_items >= 0 && size > r.max_items)
        add(tooMany(path, value.size(), static_cast<size_t>(r.max_items)));
      if (r.unique_items) unique(value, path);
    }
    if (value.isObject()) {
      int64_t size = static_cast<int64_t>(value.size());
      if (r.min_properties >= 0 && size < r.min_properties) {
        add(invalidValue(
            path, value,
            cat(path, " in body should have at least ", r.min_properties, " properties")));
      }
      if (r.max_properties >= 0 && size > r.max_properties) {
        add(tooMany(path, value.size(), static_cast<size_t>(r.max_properties)));
      }
    }
    combinations(r, value, path, depth);
  }

  void enumeration(const Rules& r, Value value, const std::string& path) {
    std::string json = doc::toJson(value);
    std::vector<std::string> supported;
    for (std::string_view option : r.enums_json) {
      if (option == json) return;
      bool quoted = option.size() >= 2 && option.front() == '"' &&
                    option.find('\\') == std::string_view::npos;
      supported.emplace_back(quoted ? option.substr(1, option.size() - 2) : option);
    }
    add(unsupportedValue(path, value, supported));
  }

  void text(const Rules& r, Value value, const std::string& path) {
    int64_t size = r.min_length >= 0 || r.max_length >= 0 ? runeCount(value.text()) : 0;
    if (r.min_length >= 0 && size < r.min_length) {
      add(invalidValue(path, value,
                       cat(path, " in body should be at least ", r.min_length, " chars long")));
    }
    if (r.max_length >= 0 && size > r.max_length)
      add(tooLong(path, static_cast<size_t>(r.max_length)));
    if (r.compiled != nullptr && !r.compiled->search(value.text())) {
      add(invalidValue(path, value, cat(path, " in body should match '", r.pattern, "'")));
    }
  }

  void number(const Rules& r, Value value, const std::string& path) {
    double n = value.number();
    auto bound = [&](std::string_view words, double limit) {
      add(invalidValue(path, value,
                       cat(path, " in body should be ", words, " ", numberText(limit))));
    };
    if (r.has_minimum && (r.exclusive_minimum ? n <= r.minimum : n < r.minimum)) {
      bound(r.exclusive_minimum ? "greater than" : "greater than or equal to", r.minimum);
    }
    if (r.has_maximum && (r.exclusive_maximum ? n >= r.maximum : n > r.maximum)) {
      bound(r.exclusive_maximum ? "less than" : "less than or equal to", r.maximum);
    }
    if (r.multiple_of > 0) {
      double quotient = n / r.multiple_of;
      if (std::fabs(quotient - std::round(quotient)) > 1e-9) bound("a multiple of", r.multiple_of);
    }
  }

  void unique(Value value, const std::string& path) {
    std::set<std::string> seen;
    for (Value element : value.elements()) {
      if (seen.insert(doc::toJson(element)).second) continue;
      add(invalidValue(path, value, cat(path, " in body shouldn't contain duplicates")));
      return;
    }
  }

  // Number of the schemas that accept the value; the causes of the last refusal go to `refusal`.
  size_t accepted(std::span<const Schema* const> schemas, Value value, const std::string& path,
                  uint32_t depth, std::vector<Cause>& refusal) {
    size_t count = 0;
    for (const Schema* schema : schemas) {
      Validator inner;
      inner.run(*schema, value, path, {}, depth + 1);
      if (inner.causes.empty())
        count++;
      else
        refusal = std::move(inner.causes);
    }
    return count;
  }

  void combinations(const Rules& r, Value value, const std::string& path, uint32_t depth) {
    std::vector<Cause> refusal;
    if (!r.all_of.empty() && accepted(r.all_of, value, path, depth, refusal) < r.all_of.size()) {
      add(invalidText(path, "", cat("\"", path, "\" must validate all the schemas (allOf)")));
      append(refusal);
    }
    if (!r.any_of.empty() && accepted(r.any_of, value, path, depth, refusal) == 0) {
      add(invalidText(path, "", cat("\"", path, "\" must validate at least one schema (anyOf)")));
      append(refusal);
    }
    if (!r.one_of.empty()) {
      size_t count = accepted(r.one_of, value, path, depth, refusal);
      if (count == 0) {
        add(invalidText(
            path, "",
            cat("\"", path, "\" must validate one and only one schema (oneOf). Found none valid")));
        append(refusal);
      } else if (count > 1) {
        add(invalidText(path, "",
                        cat("\"", path, "\" must validate one and only one schema (oneOf). Found ",
                            count, " valid alternatives")));
      }
    }
    if (r.negated != nullptr) {
      Validator inner;
      inner.run(*r.negated, value, path, {}, depth + 1);
      if (inner.causes.empty())
        add(invalidText(path, "", cat("\"", path, "\" must not validate the schema (not)")));
    }
  }

  void append(std::vector<Cause>& more) {
    for (Cause& cause : more) {
      if (causes.size() < kMaxCauses) causes.push_back(std::move(cause));
    }
  }
};

}  // namespace

std::vector<Cause> validate(const Schema& schema, doc::Value object, std::string_view path,
                            doc::Value old) {
  Validator validator;
  validator.run(schema, object, std::string(path), old, 0);
  return std::move(validator.causes);
}

}  // namespace meshka::schema
