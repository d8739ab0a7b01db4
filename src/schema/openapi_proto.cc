// An OpenAPI v2 document as the bytes of gnostic's openapi.v2.Document (field numbers:
// openapiv2/OpenAPIv2.proto), the form in which older kubectl versions ask for it.
#include "doc/json.h"
#include "schema/openapi.h"
#include "schema/wire.h"

namespace meshka::schema {
namespace {

using doc::Value;

void text(std::string& out, uint32_t field, Value value) {
  if (value.isString()) WireWriter(out).bytes(field, value.text());
}

void flag(std::string& out, uint32_t field, Value value) {
  if (value.boolean()) WireWriter(out).number(field, 1);
}

// message Any {string yaml = 2}: JSON is YAML.
std::string any(Value value) {
  std::string out;
  WireWriter(out).bytes(2, doc::toJson(value));
  return out;
}

// Messages of the form {string name = 1; T value = 2}.
void named(std::string& out, uint32_t field, std::string_view name, std::string_view value) {
  std::string entry;
  WireWriter writer(entry);
  writer.bytes(1, name);
  writer.bytes(2, value);
  WireWriter(out).bytes(field, entry);
}

void extensions(std::string& out, uint32_t field, Value object) {
  for (auto [key, value] : object.members()) {
    if (key.starts_with("x-")) named(out, field, key, any(value));
  }
}

std::string schemaBytes(Value schema);

void number(std::string& out, uint32_t field, Value value) {
  if (value.isNumber()) WireWriter(out).real(field, value.number());
}

void count(std::string& out, uint32_t field, Value value) {
  if (value.isNumber()) WireWriter(out).number(field, value.integer());
}

std::string properties(Value object) {
  std::string out;
  for (auto [name, schema] : object.members()) named(out, 1, name, schemaBytes(schema));
  return out;
}

std::string schemaBytes(Value schema) {
  std::string out;
  WireWriter writer(out);
  text(out, 1, schema["$ref"]);
  text(out, 2, schema["format"]);
  text(out, 3, schema["title"]);
  text(out, 4, schema["description"]);
  if (schema["default"].exists()) writer.bytes(5, any(schema["default"]));
  number(out, 6, schema["multipleOf"]);
  number(out, 7, schema["maximum"]);
  flag(out, 8, schema["exclusiveMaximum"]);
  number(out, 9, schema["minimum"]);
  flag(out, 10, schema["exclusiveMinimum"]);
  count(out, 11, schema["maxLength"]);
  count(out, 12, schema["minLength"]);
  text(out, 13, schema["pattern"]);
  count(out, 14, schema["maxItems"]);
  count(out, 15, schema["minItems"]);
  flag(out, 16, schema["uniqueItems"]);
  count(out, 17, schema["maxProperties"]);
  count(out, 18, schema["minProperties"]);
  for (Value name : schema["required"].elements()) text(out, 19, name);
  for (Value value : schema["enum"].elements()) writer.bytes(20, any(value));
  if (schema["additionalProperties"].isObject()) {
    std::string item;
    WireWriter(item).bytes(1, schemaBytes(schema["additionalProperties"]));
    writer.bytes(21, item);
  }
  if (schema["type"].isString()) {
    std::string item;
    WireWriter(item).bytes(1, schema["type"].text());
    writer.bytes(22, item);
  }
  if (schema["items"].isObject()) {
    std::string item;
    WireWriter(item).bytes(1, schemaBytes(schema["items"]));
    writer.bytes(23, item);
  }
  for (Value part : schema["allOf"].elements()) writer.bytes(24, schemaBytes(part));
  if (schema["properties"].isObject()) writer.bytes(25, properties(schema["properties"]));
  extensions(out, 31, schema);
  return out;
}

// message ParametersItem {Parameter parameter = 1}, in it BodyParameter = 1 or NonBodyParameter
// = 2.
std::string parameter(Value value) {
  std::string inner, choice, out;
  if (value["in"].text() == "body") {
    text(inner, 2, value["name"]);
    text(inner, 3, value["in"]);
    flag(inner, 4, value["required"]);
    WireWriter(inner).bytes(5, schemaBytes(value["schema"]));
    WireWriter(choice).bytes(1, inner);
  } else {
    bool query = value["in"].text() == "query";
    flag(inner, 1, value["required"]);
    text(inner, 2, value["in"]);
    text(inner, 4, value["name"]);
    text(inner, query ? 6 : 5, value["type"]);
    flag(inner, query ? 20 : 19, value["uniqueItems"]);
    std::string non_body;
    WireWriter(non_body).bytes(query ? 3 : 4, inner);
    WireWriter(choice).bytes(2, non_body);
  }
  WireWriter(out).bytes(1, choice);
  return out;
}

std::string responses(Value value) {
  std::string out;
  for (auto [code, response] : value.members()) {
    std::string message;
    text(message, 1, response["description"]);
    if (response["schema"].isObject()) {
      std::string item;  // SchemaItem {Schema schema = 1}
      WireWriter(item).bytes(1, schemaBytes(response["schema"]));
      WireWriter(message).bytes(2, item);
    }
    std::string choice;  // ResponseValue {Response response = 1}
    WireWriter(choice).bytes(1, message);
    named(out, 1, code, choice);
  }
  return out;
}

std::string operation(Value value) {
  std::string out;
  text(out, 3, value["description"]);
  text(out, 5, value["operationId"]);
  for (Value item : value["parameters"].elements()) WireWriter(out).bytes(8, parameter(item));
  WireWriter(out).bytes(9, responses(value["responses"]));
  extensions(out, 13, value);
  return out;
}

std::string pathItem(Value item) {
  struct Method {
    std::string_view name;
    uint32_t field;
  };
  constexpr Method kMethods[] = {{"get", 2}, {"put", 3}, {"post", 4}, {"delete", 5}, {"patch", 8}};
  std::string out;
  for (const Method& method : kMethods) {
    if (item[method.name].isObject())
      WireWriter(out).bytes(method.field, operation(item[method.name]));
  }
  for (Value value : item["parameters"].elements()) WireWriter(out).bytes(9, parameter(value));
  return out;
}

}  // namespace

std::string openApiV2Protobuf(doc::Value document) {
  std::string out, info, paths;
  text(info, 1, document["info"]["title"]);
  text(info, 2, document["info"]["version"]);
  for (auto [path, item] : document["paths"].members()) named(paths, 2, path, pathItem(item));
  text(out, 1, document["swagger"]);
  WireWriter writer(out);
  writer.bytes(2, info);
  writer.bytes(8, paths);
  writer.bytes(9, properties(document["definitions"]));
  return out;
}

}  // namespace meshka::schema
