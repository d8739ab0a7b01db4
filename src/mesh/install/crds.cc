#include "mesh/install/crds.h"

#include "base/assert.h"
#include "base/strings.h"
#include "mesh/install/schema_files.h"

namespace meshka::mesh {

using doc::Draft;
using doc::Value;

namespace {

constexpr std::string_view kOneOf = "(one of)";
constexpr std::string_view kMapOf = "(map of)";

Draft schemaOf(Value type);

Draft scalar(std::string_view type, std::string_view format = {}) {
  Draft out = Draft::object({{"type", type}});
  if (!format.empty()) out["format"] = format;
  return out;
}

Draft mapOf(Draft values) {
  return Draft::object({{"type", "object"}, {"additionalProperties", std::move(values)}});
}

Draft openObject() {
  return Draft::object({{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}});
}

Draft enumOf(std::string_view names) {
  Draft values = Draft::array();
  for (const std::string_view name : split(names, ' ')) values.push(name);
  Draft out = scalar("string");
  out["enum"] = std::move(values);
  return out;
}

// A type that is one word of the table.
Draft namedSchema(std::string_view type) {
  constexpr std::string_view kNullable = " or null";
  if (type.ends_with(kNullable)) {
    Draft out = namedSchema(type.substr(0, type.size() - kNullable.size()));
    out["nullable"] = true;
    return out;
  }
  if (type == "string") return scalar("string");
  if (type == "bool") return scalar("boolean");
  if (type == "int") return scalar("integer");
  if (type == "int32") return scalar("integer", "int32");
  if (type == "double") return scalar("number", "double");
  if (type == "number") return scalar("number");
  if (type == "any") return openObject();
  if (type.starts_with("enum ")) return enumOf(type.substr(5));
  if (type.starts_with("map ")) return mapOf(namedSchema(type.substr(4)));
  const Value named = istioFiles().crds["types"][type];
  MESHKA_ASSERT(named.exists());
  return schemaOf(named);
}

// "None of these, or one of them", as a structural schema says it.
Draft oneOf(Value fields) {
  Draft choices = Draft::array();
  for (const Value field : fields.elements()) {
    if (field.isString()) {
      choices.push(Draft::object({{"required", Draft::array({field})}}));
      continue;
    }
    const std::string name(field.keyAt(0));
    Draft nested = Draft::object({{"oneOf", oneOf(field[name])}});
    choices.push(Draft::object({{"required", Draft::array({name})},
                                {"properties", Draft::object({{name, std::move(nested)}})}}));
  }
  Draft none = Draft::object({{"not", Draft::object({{"anyOf", choices}})}});
  choices.insert(0, std::move(none));
  return choices;
}

Draft schemaOf(Value type) {
  if (type.isString()) return namedSchema(type.text());
  if (type.isArray())
    return Draft::object({{"type", "array"}, {"items", schemaOf(type[size_t{0}])}});
  if (type[kMapOf].exists()) return mapOf(schemaOf(type[kMapOf]));
  Draft properties = Draft::object();
  Draft out = scalar("object");
  for (const auto& [name, field] : type.members()) {
    if (name == kOneOf)
      out["oneOf"] = oneOf(field);
    else
      properties[name] = schemaOf(field);
  }
  out["properties"] = std::move(properties);
  return out;
}

Draft columnsOf(Value kind) {
  Draft out = Draft::array();
  for (const Value column : kind["columns"].elements()) {
    const std::string_view text = column.text();
    const size_t space = text.find(' ');
    const std::string_view name = text.substr(0, space);
    out.push(Draft::object({{"name", name},
                            {"type", name == "Age" ? "date" : "string"},
                            {"jsonPath", text.substr(space + 1)}}));
  }
  return out;
}

Draft versionsOf(Value kind) {
  Draft schema = openObject();
  if (kind["spec"].exists()) {
    schema = scalar("object");
    schema["properties"] =
        Draft::object({{"spec", schemaOf(kind["spec"])}, {"status", openObject()}});
  }
  Draft out = Draft::array();
  for (const Value name : kind["versions"].elements()) {
    Draft version = Draft::object({{"name", name},
                                   {"served", true},
                                   {"storage", out.size() == 0},
                                   {"subresources", Draft::object({{"status", Draft::object()}})},
                                   {"schema", Draft::object({{"openAPIV3Schema", schema}})}});
    if (kind["columns"].exists()) version["additionalPrinterColumns"] = columnsOf(kind);
    out.push(std::move(version));
  }
  return out;
}

doc::Doc crdOf(Value kind) {
  const std::string_view group = kind["group"].text();
  const std::string_view name = kind["kind"].text();
  Draft names = Draft::object({{"kind", name},
                               {"listKind", cat(name, "List")},
                               {"plural", kind["plural"]},
                               {"singular", toLower(name)}});
  if (kind["short"].exists()) names["shortNames"] = kind["short"];
  Draft spec =
      Draft::object({{"group", group}, {"scope", "Namespaced"}, {"versions", versionsOf(kind)}});
  if (kind["spec"].exists()) {
    names["categories"] = Draft::array({"istio-io", cat(split(group, '.')[0], "-istio-io")});
  } else {
    spec["conversion"] = Draft::object({{"strategy", "None"}});
  }
  spec["names"] = std::move(names);
  Draft metadata =
      Draft::object({{"name", cat(kind["plural"].text(), ".", group)}, {"labels", kind["labels"]}});
  if (kind["annotations"].exists()) metadata["annotations"] = kind["annotations"];
  return Draft::object({{"apiVersion", "apiextensions.k8s.io/v1"},
                        {"kind", "CustomResourceDefinition"},
                        {"metadata", std::move(metadata)},
                        {"spec", std::move(spec)}})
      .finish();
}

}  // namespace

std::vector<doc::Doc> istioCrds() {
  std::vector<doc::Doc> out;
  for (const Value kind : istioFiles().crds["kinds"].elements()) out.push_back(crdOf(kind));
  return out;
}

}  // namespace meshka::mesh
