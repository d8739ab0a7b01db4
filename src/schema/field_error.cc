#include "schema/field_error.h"

#include "base/strings.h"
#include "doc/json.h"

namespace meshka::schema {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  doc::appendJson(out, doc::Draft(text).finish());
  return out;
}

std::string withDetail(std::string head, std::string_view detail) {
  return detail.empty() ? head : cat(head, ": ", detail);
}

}  // namespace

std::string child(std::string_view path, std::string_view name) {
  return path.empty() ? std::string(name) : cat(path, ".", name);
}

std::string keyed(std::string_view path, std::string_view key) {
  return cat(path, "[", key, "]");
}

std::string indexed(std::string_view path, size_t index) {
  return cat(path, "[", index, "]");
}

std::string show(doc::Value value) {
  if (!value.exists() || value.isNull()) return "null";
  return doc::toJson(value);
}

Cause requiredValue(std::string path, std::string_view detail) {
  return {std::move(path), "FieldValueRequired", withDetail("Required value", detail)};
}

Cause invalidValue(std::string path, doc::Value value, std::string_view detail) {
  return {std::move(path), "FieldValueInvalid",
          withDetail(cat("Invalid value: ", show(value)), detail)};
}

Cause invalidText(std::string path, std::string_view value, std::string_view detail) {
  return {std::move(path), "FieldValueInvalid",
          withDetail(cat("Invalid value: ", quoted(value)), detail)};
}

Cause wrongType(std::string path, std::string_view shown, std::string_view detail) {
  return {std::move(path), "FieldValueTypeInvalid",
          withDetail(cat("Invalid value: ", shown), detail)};
}

Cause duplicateValue(std::string path, std::string_view shown) {
  return {std::move(path), "FieldValueDuplicate", cat("Duplicate value: ", shown)};
}

Cause forbiddenField(std::string path, std::string_view detail) {
  return {std::move(path), "FieldValueForbidden", withDetail("Forbidden", detail)};
}

Cause unsupportedValue(std::string path, doc::Value value,
                       const std::vector<std::string>& supported) {
  std::string list;
  for (const std::string& s : supported) list += cat(list.empty() ? "" : ", ", quoted(s));
  return {
      std::move(path), "FieldValueNotSupported",
      cat("Unsupported value: ", show(value), list.empty() ? "" : ": supported values: ", list)};
}

Cause tooLong(std::string path, size_t max_bytes) {
  return {std::move(path), "FieldValueTooLong",
          cat("Too long: may not be more than ", max_bytes, " bytes")};
}

Cause tooMany(std::string path, size_t actual, size_t max) {
  return {std::move(path), "FieldValueTooMany",
          cat("Too many: ", actual, ": must have at most ", max, max == 1 ? " item" : " items")};
}

Cause notFound(std::string path, std::string_view value) {
  return {std::move(path), "FieldValueNotFound", cat("Not found: ", quoted(value))};
}

std::string describe(const std::vector<Cause>& causes) {
  std::string out;
  for (const Cause& cause : causes) {
    if (!out.empty()) out += ", ";
    out += cause.field.empty() ? cause.message : cat(cause.field, ": ", cause.message);
  }
  return out;
}

Error invalidObject(std::string_view group, std::string_view kind, std::string_view name,
                    std::vector<Cause> causes) {
  std::string text = describe(causes);
  if (causes.size() > 1) text = cat("[", text, "]");
  std::string subject = group.empty() ? std::string(kind) : cat(kind, ".", group);
  Error error(Code::kInvalid, "Invalid", cat(subject, " ", quoted(name), " is invalid: ", text));
  return error.withDetails({.group = std::string(group),
                            .kind = std::string(kind),
                            .name = std::string(name),
                            .uid = {},
                            .causes = std::move(causes)});
}

Error badRequest(std::string message) {
  return Error(Code::kInvalid, "BadRequest", std::move(message));
}

}  // namespace meshka::schema
