// CustomResourceDefinitions: the checks outside of the schema, and the compilation into a
// CustomKind.
#include "schema/crd.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/strings.h"
#include "schema/compile.h"
#include "schema/defaulting.h"
#include "schema/field_error.h"
#include "schema/limits.h"
#include "schema/prune.h"
#include "schema/validate.h"

namespace meshka::schema {
namespace {

using doc::Value;

constexpr std::string_view kLabelText =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
    "alphabetic character, and "
    "end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation "
    "is "
    "'[a-z]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view kSubdomainText =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end "
    "with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view kApproval = "api-approved.kubernetes.io";

bool lowerOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool isLabel(std::string_view text, bool letter_first) {
  if (text.empty() || text.size() > 63 || !lowerOrDigit(text.front()) || !lowerOrDigit(text.back()))
    return false;
  if (letter_first && !(text[0] >= 'a' && text[0] <= 'z')) return false;
  return std::ranges::all_of(text, [](char c) { return lowerOrDigit(c) || c == '-'; });
}

bool isSubdomain(std::string_view text) {
  if (text.size() > 253) return false;
  std::vector<std::string_view> parts = split(text, '.');
  return std::ranges::all_of(parts, [](std::string_view part) { return isLabel(part, false); });
}

struct VersionKey {
  int stability = 0;  // 3: v1, 2: v1beta1, 1: v1alpha1, 0: other
  int64_t major = 0, minor = 0;
};

VersionKey versionKey(std::string_view text) {
  if (!text.starts_with('v')) return {};
  std::string_view rest = text.substr(1);
  size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
  std::optional<int64_t> major =
      digits == 0 || digits > 9 ? std::nullopt : parseInt(rest.substr(0, digits));
  if (!major) return {};
  rest.remove_prefix(digits);
  if (rest.empty()) return {3, *major, 0};
  int stability = rest.starts_with("beta") ? 2 : rest.starts_with("alpha") ? 1 : 0;
  if (stability == 0) return {};
  rest.remove_prefix(stability == 2 ? 4 : 5);
  bool all_digits = !rest.empty() && rest.size() <= 9 &&
                    rest.find_first_not_of("0123456789") == std::string_view::npos;
  std::optional<int64_t> minor = all_digits ? parseInt(rest) : std::nullopt;
  return minor ? VersionKey{stability, *major, *minor} : VersionKey{};
}

class CrdCheck {
 public:
  explicit CrdCheck(Value crd) : crd_(crd), spec_(crd["spec"]) {}
  std::vector<Cause> causes;

  void run(Value old) {
    group();
    names();
    versions();
    conversion();
    if (old.exists()) update(old);
    stored();
  }

 private:
  void label(const std::string& path, Value value, bool any_case = false) {
    std::string text = any_case ? toLower(value.text()) : std::string(value.text());
    if (text.empty())
      causes.push_back(requiredValue(path));
    else if (!isLabel(text, true))
      causes.push_back(invalidValue(path, value, kLabelText));
  }

  void group() {
    std::string_view group = spec_["group"].text();
    if (group.empty())
      causes.push_back(requiredValue("spec.group"));
    else if (!isSubdomain(group))
      causes.push_back(invalidText("spec.group", group, kSubdomainText));
    else if (group.find('.') == std::string_view::npos) {
      causes.push_back(
          invalidText("spec.group", group, "should be a domain with at least one dot"));
    }
    bool is_protected =
        group == "k8s.io" || group.ends_with(".k8s.io") || group.ends_with(".kubernetes.io");
    if (is_protected && crd_["metadata"]["annotations"][kApproval].text().empty()) {
      causes.push_back(requiredValue(
          keyed("metadata.annotations", kApproval),
          "protected groups must have approval annotation \"api-approved.kubernetes.io\", see "
          "https://github.com/kubernetes/enhancements/pull/1111"));
    }
    Value scope = spec_["scope"];
    if (scope.text().empty())
      causes.push_back(requiredValue("spec.scope"));
    else if (scope.text() != "Cluster" && scope.text() != "Namespaced") {
      causes.push_back(unsupportedValue("spec.scope", scope, {"Cluster", "Namespaced"}));
    }
  }

  void names() {
    Value names = spec_["names"];
    label("spec.names.plural", names["plural"]);
    label("spec.names.singular", names["singular"]);
    label("spec.names.kind", names["kind"], true);
    label("spec.names.listKind", names["listKind"], true);
    for (size_t i = 0; i < names["shortNames"].size(); i++)
      label(indexed("spec.names.shortNames", i), names["shortNames"][i]);
    for (size_t i = 0; i < names["categories"].size(); i++)
      label(indexed("spec.names.categories", i), names["categories"][i]);
    if (!names["kind"].text().empty() && names["kind"].text() == names["listKind"].text()) {
      causes.push_back(invalidValue("spec.names.listKind", names["listKind"],
                                    "kind and listKind may not be the same"));
    }
    std::string want = cat(names["plural"].text(), ".", spec_["group"].text());
    Value name = crd_["metadata"]["name"];
    if (name.text() != want) {
      causes.push_back(
          invalidValue("metadata.name", name, "must be spec.names.plural+\".\"+spec.group"));
    }
  }

  void versions() {
    Value versions = spec_["versions"];
    std::set<std::string_view> seen;
    size_t storage = 0;
    for (size_t i = 0; i < versions.size(); i++) {
      Value version = versions[i];
      std::string path = indexed("spec.versions", i);
      label(child(path, "name"), version["name"]);
      if (!seen.insert(version["name"].text()).second) {
        causes.push_back(
            invalidValue("spec.versions", version["name"], "must contain unique version names"));
      }
      if (version["storage"].boolean()) storage++;
      Value schema = version["schema"]["openAPIV3Schema"];
      std::string schema_path = child(path, "schema.openAPIV3Schema");
      if (!schema.exists() || schema.isNull())
        causes.push_back(requiredValue(schema_path, "schemas are required"));
      else
        schemaOf(schema, schema_path);
      columns(version["additionalPrinterColumns"], child(path, "additionalPrinterColumns"));
      scale(version["subresources"]["scale"], child(path, "subresources.scale"));
    }
    if (storage != 1) {
      causes.push_back(invalidValue("spec.versions", versions,
                                    "must have exactly one version marked as storage version"));
    }
    if (spec_["preserveUnknownFields"].boolean()) {
      causes.push_back(
          invalidValue("spec.preserveUnknownFields", spec_["preserveUnknownFields"],
                       "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in "
                       "spec.versions[*].schema instead"));
    }
  }

  void schemaOf(Value schema, const std::string& path) {
    std::vector<Cause> found = checkStructural(schema, path);
    bool sound = found.empty();
    causes.insert(causes.end(), found.begin(), found.end());
    if (!sound) return;
    std::shared_ptr<const CompiledSchema> compiled = compileNodes(schema, true);
    defaults(schema, compiled->root(), path, 0);
  }

  // Defaults must be what their own schema accepts, after their own defaulting and without unknown
  // fields.
  void defaults(Value from, const Schema& node, const std::string& path, uint32_t depth) {
    if (depth > kMaxDefaultDepth) return;
    Value value = from["default"];
    if (value.exists()) {
      std::string at = child(path, "default");
      doc::Doc full = applyDefaults(node, value.doc());
      for (const std::string& unknown : unknownFields(node, full)) {
        causes.push_back(
            invalidValue(child(at, unknown), value, "must be known: it would be pruned"));
      }
      for (Cause& cause : validate(node, full, at)) causes.push_back(std::move(cause));
    }
    for (auto [name, inner] : from["properties"].members()) {
      const Property* property = node.property(name);
      if (property == nullptr || !property->schema->name.empty()) continue;
      defaults(inner, *property->schema, keyed(child(path, "properties"), name), depth + 1);
    }
    if (from["items"].isObject() && node.items != nullptr)
      defaults(from["items"], *node.items, child(path, "items"), depth + 1);
    if (from["additionalProperties"].isObject() && node.additional != nullptr) {
      defaults(from["additionalProperties"], *node.additional, child(path, "additionalProperties"),
               depth + 1);
    }
  }

  void columns(Value columns, const std::string& path) {
    static const std::vector<std::string> kTypes = {"boolean", "date", "integer", "number",
                                                    "string"};
    for (size_t i = 0; i < columns.size(); i++) {
      std::string at = indexed(path, i);
      if (columns[i]["name"].text().empty()) causes.push_back(requiredValue(child(at, "name")));
      if (columns[i]["jsonPath"].text().empty())
        causes.push_back(requiredValue(child(at, "jsonPath")));
      Value type = columns[i]["type"];
      if (type.text().empty()) {
        causes.push_back(
            requiredValue(child(at, "type"), "must be one of boolean,date,integer,number,string"));
      } else if (std::ranges::find(kTypes, type.text()) == kTypes.end()) {
        causes.push_back(invalidValue(child(at, "type"), type,
                                      "must be one of boolean,date,integer,number,string"));
      }
    }
  }

  void scale(Value scale, const std::string& path) {
    if (!scale.isObject()) return;
    struct Field {
      std::string_view name, prefix, text;
      bool required;
    };
    constexpr Field kFields[] = {
        {"specReplicasPath", ".spec.", "should be a json path under .spec", true},
        {"statusReplicasPath", ".status.", "should be a json path under .status", true},
        {"labelSelectorPath", ".", "should be a json path under either .spec or .status", false}};
    for (const Field& field : kFields) {
      std::string_view value = scale[field.name].text();
      if (value.empty() && field.required)
        causes.push_back(requiredValue(child(path, field.name)));
      else if (!value.empty() && !value.starts_with(field.prefix)) {
        causes.push_back(invalidText(child(path, field.name), value, field.text));
      }
    }
  }

  void conversion() {
    Value conversion = spec_["conversion"];
    std::string_view strategy = conversion["strategy"].text("None");
    Value webhook = conversion["webhook"];
    if (strategy == "None") {
      if (webhook.isObject()) {
        causes.push_back(forbiddenField("spec.conversion.webhook",
                                        "should not be set when strategy is not set to Webhook"));
      }
    } else if (strategy != "Webhook") {
      causes.push_back(unsupportedValue("spec.conversion.strategy", conversion["strategy"],
                                        {"None", "Webhook"}));
    } else if (!webhook["clientConfig"].isObject()) {
      causes.push_back(requiredValue("spec.conversion.webhook.clientConfig",
                                     "required when strategy is set to Webhook"));
    } else {
      if (webhook["conversionReviewVersions"].size() == 0) {
        causes.push_back(requiredValue("spec.conversion.webhook.conversionReviewVersions"));
      }
      if (webhook["clientConfig"]["url"].exists() == webhook["clientConfig"]["service"].exists()) {
        causes.push_back(requiredValue("spec.conversion.webhook.clientConfig",
                                       "exactly one of url or service is required"));
      }
    }
  }

  void update(Value old) {
    auto same = [this](std::string_view path, Value now, Value before) {
      if (!(now == before))
        causes.push_back(invalidValue(std::string(path), now, "field is immutable"));
    };
    same("spec.group", spec_["group"], old["spec"]["group"]);
    same("spec.names.plural", spec_["names"]["plural"], old["spec"]["names"]["plural"]);
    bool established = false;
    for (Value condition : old["status"]["conditions"].elements()) {
      established |=
          condition["type"].text() == "Established" && condition["status"].text() == "True";
    }
    if (!established) return;
    same("spec.scope", spec_["scope"], old["spec"]["scope"]);
    same("spec.names.kind", spec_["names"]["kind"], old["spec"]["names"]["kind"]);
  }

  void stored() {
    Value stored = crd_["status"]["storedVersions"];
    for (size_t i = 0; i < stored.size(); i++) {
      bool found = false;
      for (Value version : spec_["versions"].elements())
        found |= version["name"].text() == stored[i].text();
      if (!found) {
        causes.push_back(invalidValue(indexed("status.storedVersions", i), stored[i],
                                      "must appear in spec.versions"));
      }
    }
  }

  Value crd_, spec_;
};

std::vector<std::string> texts(Value list) {
  std::vector<std::string> out;
  for (Value element : list.elements()) out.emplace_back(element.text());
  return out;
}

CustomVersion compileVersion(Value from) {
  CustomVersion out;
  out.name = from["name"].text();
  out.served = from["served"].boolean();
  out.storage = from["storage"].boolean();
  out.deprecated = from["deprecated"].boolean();
  out.deprecation_warning = from["deprecationWarning"].text();
  out.has_status = from["subresources"]["status"].isObject();
  if (Value scale = from["subresources"]["scale"]; scale.isObject()) {
    out.scale = std::make_unique<ScaleSubresource>(
        ScaleSubresource{.spec_replicas_path = std::string(scale["specReplicasPath"].text()),
                         .status_replicas_path = std::string(scale["statusReplicasPath"].text()),
                         .label_selector_path = std::string(scale["labelSelectorPath"].text())});
  }
  for (Value column : from["additionalPrinterColumns"].elements()) {
    out.columns.push_back({.name = std::string(column["name"].text()),
                           .type = std::string(column["type"].text()),
                           .format = std::string(column["format"].text()),
                           .description = std::string(column["description"].text()),
                           .json_path = std::string(column["jsonPath"].text()),
                           .priority = column["priority"].integer()});
  }
  for (Value field : from["selectableFields"].elements())
    out.selectable_fields.emplace_back(field["jsonPath"].text());
  out.openapi = from["schema"]["openAPIV3Schema"].doc();
  out.schema = compileNodes(out.openapi, true);
  return out;
}

}  // namespace

const CustomVersion* CustomKind::version(std::string_view wanted) const {
  for (const CustomVersion& v : versions) {
    if (v.name == wanted) return &v;
  }
  return nullptr;
}

bool versionBefore(std::string_view a, std::string_view b) {
  VersionKey ka = versionKey(a), kb = versionKey(b);
  if (ka.stability != kb.stability) return ka.stability > kb.stability;
  if (ka.stability == 0) return a < b;
  if (ka.major != kb.major) return ka.major > kb.major;
  return ka.minor > kb.minor;
}

std::vector<Cause> checkCrd(doc::Value crd, doc::Value old) {
  CrdCheck check(crd);
  check.run(old);
  return std::move(check.causes);
}

Result<std::shared_ptr<const CompiledSchema>> compileSchema(doc::Value openapi_schema) {
  if (openapi_schema.exists() && !openapi_schema.isNull()) {
    std::vector<Cause> causes = checkStructural(openapi_schema, "openAPIV3Schema");
    if (!causes.empty()) return fail(invalidObject("", "JSONSchemaProps", "", std::move(causes)));
  }
  return compileNodes(openapi_schema, false);
}

Result<std::shared_ptr<const CustomKind>> compileCrd(doc::Value crd) {
  std::vector<Cause> causes = checkCrd(crd);
  if (!causes.empty()) {
    return fail(invalidObject("apiextensions.k8s.io", "CustomResourceDefinition",
                              crd["metadata"]["name"].text(), std::move(causes)));
  }
  auto out = std::make_shared<CustomKind>();
  Value spec = crd["spec"], names = spec["names"];
  out->name = crd["metadata"]["name"].text();
  out->group = spec["group"].text();
  out->kind = names["kind"].text();
  out->list_kind = names["listKind"].text();
  out->plural = names["plural"].text();
  out->singular = names["singular"].text();
  out->short_names = texts(names["shortNames"]);
  out->categories = texts(names["categories"]);
  out->namespaced = spec["scope"].text() == "Namespaced";
  out->conversion = spec["conversion"].exists() ? spec["conversion"].doc() : doc::Doc();
  out->conversion_webhook = spec["conversion"]["strategy"].text() == "Webhook";
  for (Value version : spec["versions"].elements()) {
    out->versions.push_back(compileVersion(version));
    if (out->versions.back().storage) out->storage_version = out->versions.back().name;
  }
  std::ranges::sort(out->versions, versionBefore, &CustomVersion::name);
  return out;
}

}  // namespace meshka::schema
