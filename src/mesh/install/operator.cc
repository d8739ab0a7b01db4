#include "mesh/install/operator.h"

#include "base/strings.h"
#include "doc/json.h"
#include "doc/yaml.h"
#include "mesh/install/check.h"
#include "mesh/install/schema_files.h"

namespace meshka::mesh {

using doc::Draft;
using doc::Value;

namespace {

constexpr std::string_view kProfiles[] = {"default", "empty", "minimal"};
constexpr std::string_view kOtherProfiles[] = {"demo", "external", "openshift", "preview",
                                               "remote"};

// What a profile lays over `default`.
Result<Draft> profileLayer(std::string_view name) {
  const auto gateway = [] {
    return Draft::array({Draft::object({{"name", "istio-ingressgateway"}, {"enabled", false}})});
  };
  Draft components = Draft::object();
  if (name == "minimal" || name == "empty") components["ingressGateways"] = gateway();
  if (name == "empty") {
    for (const char* component : {"base", "pilot"})
      components[component] = Draft::object({{"enabled", false}});
  }
  for (const std::string_view known : kProfiles) {
    if (known == name)
      return Draft::object({{"profile", name}, {"components", std::move(components)}});
  }
  for (const std::string_view other : kOtherProfiles) {
    if (other == name)
      return fail(
          Code::kUnsupported,
          cat("profile ", name, " is not supported yet; there are default, empty and minimal"));
  }
  return fail(Code::kInvalid,
              cat("failed to read profile ", name, " from : open profiles/", name,
                  ".yaml: file does not exist; there are default, empty and minimal"));
}

struct Documents {
  std::vector<doc::Doc> all;
  std::string name;
  std::string ns;
  std::string profile;
};

Result<void> readDocument(const OperatorFile& file, const doc::Doc& document,
                          std::vector<std::string>& warnings, Documents& out) {
  const std::string where = file.name == "-" ? "standard input" : file.name;
  if (!document.value().isObject())
    return fail(Code::kInvalid,
                cat(where, ": not an IstioOperator but ", toString(document.value().kind())));
  const std::string_view kind = document["kind"].text();
  if (kind != "IstioOperator")
    return fail(Code::kInvalid, cat(where, ": kind is \"", kind, "\", not IstioOperator"));
  const std::string_view version = document["apiVersion"].text();
  if (version != "install.istio.io/v1alpha1")
    return fail(Code::kInvalid,
                cat(where, ": apiVersion is \"", version, "\", not install.istio.io/v1alpha1"));
  MESHKA_CHECK(checkFields(document, "v1alpha1.IstioOperator", "", warnings));
  const std::string profile(document["spec"]["profile"].text());
  if (!profile.empty() && !out.profile.empty() && profile != out.profile)
    return fail(Code::kInvalid,
                cat("different profiles cannot be overlaid: ", out.profile, " and ", profile));
  if (!profile.empty()) out.profile = profile;
  if (document["metadata"]["name"].isString()) out.name = document["metadata"]["name"].text();
  if (document["metadata"]["namespace"].isString())
    out.ns = document["metadata"]["namespace"].text();
  out.all.push_back(document);
  return {};
}

Result<Documents> readFiles(const OperatorInput& input, std::vector<std::string>& warnings) {
  Documents out;
  for (const OperatorFile& file : input.files) {
    auto documents = doc::parseYaml(file.text);
    if (!documents)
      return fail(documents.error().with(file.name == "-" ? "standard input" : file.name));
    if (documents->empty())
      return fail(Code::kInvalid,
                  cat(file.name == "-" ? "standard input" : file.name, " is empty"));
    for (const doc::Doc& document : *documents)
      MESHKA_CHECK(readDocument(file, document, warnings, out));
  }
  return out;
}

// "profile=x" among the --set.
std::string profileOfSets(const std::vector<std::string>& sets) {
  std::string out;
  for (const std::string& set : sets)
    if (set.starts_with("profile=")) out = set.substr(8);
  return out;
}

// A hub or tag that is null or empty (an unset variable of a shell) is as if it were not there.
void dropEmptyImageParts(Draft& layer) {
  for (const char* field : {"hub", "tag"}) {
    const Draft* value = layer.find(field);
    if (value != nullptr && (value->isNull() || value->text() == "")) {
      const bool number = value->kind() == doc::Kind::kInt || value->kind() == doc::Kind::kDouble;
      if (!number) layer.erase(field);
    }
  }
}

void setText(Draft& spec, std::string_view field, std::string text) {
  if (!text.empty()) spec[field] = text;
}

// YAML takes a tag such as 1.11 for a number.
std::string numberText(Value v) {
  if (v.isString()) return std::string(v.text());
  return v.isNumber() ? doc::toJson(v) : std::string();
}

// Settings that may stand under `values` and mean the same as a field of the spec.
void liftValues(Draft& spec) {
  const doc::Doc now = spec.finish();
  const Value values = now["values"];
  for (const char* field : {"hub", "tag"}) {
    const std::string given = numberText(values["global"][field]);
    setText(spec, field, given.empty() ? numberText(now[field]) : given);
  }
  setText(spec, "revision", numberText(now["revision"]));
  setText(spec, "revision", numberText(values["revision"]));
  if (values["meshConfig"].isObject())
    spec["meshConfig"] = mergeLayer(std::move(spec["meshConfig"]), values["meshConfig"]);
  const std::pair<const char*, const char*> lists[] = {{"ingressGateways", "istio-ingressgateway"},
                                                       {"egressGateways", "istio-egressgateway"}};
  for (const auto& [list, name] : lists) {
    const Value enabled = values["gateways"][name]["enabled"];
    if (!enabled.exists()) continue;
    const doc::Doc layer =
        Draft::object(
            {{list, Draft::array({Draft::object({{"name", name}, {"enabled", enabled}})})}})
            .finish();
    spec["components"] = mergeLayer(std::move(spec["components"]), layer);
  }
}

Result<void> refuseMissingComponents(Value spec) {
  for (const char* name : {"cni", "istiodRemote"}) {
    if (spec["components"][name]["enabled"].boolean())
      return fail(Code::kUnsupported, cat("component ", name, " is not supported yet"));
  }
  return {};
}

Result<Draft> mergedSpec(const OperatorInput& input, const Documents& documents,
                         const std::string& profile) {
  MESHKA_TRY(const Draft selected, profileLayer(profile));
  Draft spec(istioFiles().profile);
  spec = mergeLayer(std::move(spec), selected.finish());
  for (const doc::Doc& document : documents.all) {
    Draft layer(document["spec"]);
    if (!layer.isObject()) continue;
    dropEmptyImageParts(layer);
    spec = mergeLayer(std::move(spec), layer.finish());
    if (document["spec"]["unvalidatedValues"].isObject())
      spec["values"] = mergeLayer(std::move(spec["values"]), document["spec"]["unvalidatedValues"]);
  }
  for (const std::string& set : input.sets) {
    if (set == "hub=" || set == "tag=") continue;
    MESHKA_CHECK(setPath(spec, set));
  }
  spec["profile"] = profile;
  liftValues(spec);
  return spec;
}

Result<void> judge(Installation& installation, const OperatorInput& input) {
  const std::vector<std::string> findings = checkValues(installation, input.strict_upstream);
  if (findings.empty()) return {};
  if (input.force) {
    for (const std::string& finding : findings)
      installation.warnings.push_back(cat("ignored because of --force: ", finding));
    return {};
  }
  if (findings.size() == 1 && findings[0].starts_with("generated config"))
    return fail(Code::kInvalid, findings[0]);
  std::string text = cat("validation errors (use --force to override): \n", findings.size(),
                         findings.size() == 1 ? " error" : " errors", " occurred:");
  for (const std::string& finding : findings) text += cat("\n\t* ", finding);
  return fail(Code::kInvalid, text);
}

}  // namespace

Result<Installation> mergeOperator(const OperatorInput& input) {
  Installation out;
  MESHKA_TRY(const Documents documents, readFiles(input, out.warnings));
  out.profile = profileOfSets(input.sets);
  if (out.profile.empty()) out.profile = documents.profile.empty() ? "default" : documents.profile;
  MESHKA_TRY(Draft spec, mergedSpec(input, documents, out.profile));
  std::vector<std::string> told;  // the files' own were noted above
  MESHKA_CHECK(checkFields(spec.finish(), "v1alpha1.IstioOperatorSpec", "spec", told));
  if (!input.revision.empty()) spec["revision"] = input.revision;
  out.spec = spec.finish();
  out.revision = out.spec["revision"].text();
  if (out.revision == "default") out.revision.clear();
  if (!out.revision.empty() && !isDnsLabel(out.revision))
    return fail(Code::kInvalid, cat("invalid revision specified: ", out.revision));
  out.name = documents.name;
  out.ns = documents.ns;
  if (out.spec["namespace"].isString()) out.ns = out.spec["namespace"].text();
  if (out.ns.empty()) out.ns = out.spec["values"]["global"]["istioNamespace"].text("istio-system");
  MESHKA_CHECK(refuseMissingComponents(out.spec));
  MESHKA_CHECK(judge(out, input));
  return out;
}

std::string installedStateName(const Installation& installation) {
  std::string out = "installed-state";
  if (!installation.name.empty()) out += cat("-", installation.name);
  if (!installation.revision.empty()) out += cat("-", installation.revision);
  return out;
}

}  // namespace meshka::mesh
