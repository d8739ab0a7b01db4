#include "mesh/install/check.h"

#include <algorithm>

#include "base/strings.h"
#include "mesh/install/schema_files.h"

namespace meshka::mesh {

using doc::Value;

namespace {

bool isPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool isWord(char c) {
  return isPlain(c) || (c >= 'A' && c <= 'Z') || c == '_';
}

Error unknownField(std::string_view type, std::string_view field, const std::string& path) {
  const std::string what = cat("unknown field \"", field, "\" in ", type, " (at ", path, ")");
  if (type == "v1alpha1.MeshConfig" || type == "v1alpha1.ProxyConfig")
    return Error(Code::kInvalid, cat("validation errors (use --force to override): \n"
                                     "failed to unmarshall mesh config: ",
                                     what));
  if (path.starts_with("spec.values"))
    return Error(Code::kInvalid, cat("validation errors (use --force to override): \n", what));
  return Error(Code::kInvalid, cat("could not unmarshal merged YAML: ", what));
}

bool isTag(std::string_view tag) {
  if (tag.empty() || tag.size() > 128 || !isWord(tag.front())) return false;
  return std::ranges::all_of(tag, [](char c) { return isWord(c) || c == '.' || c == '-'; });
}

// A name of a registry and a path in it.
bool isHub(std::string_view hub) {
  return !hub.empty() && hub.front() != '/' && hub.back() != '/' &&
         std::ranges::all_of(
             hub, [](char c) { return isWord(c) || c == '.' || c == '-' || c == '/' || c == ':'; });
}

// Every label of a trust domain is one of DNS; '_' is upstream's refusal and our warning.
bool isTrustDomain(std::string_view text, bool& underscores) {
  if (text.empty() || text.size() > 255) return false;
  for (const std::string_view label : split(text, '.')) {
    if (isDnsLabel(label)) continue;
    std::string mapped(label);
    std::ranges::replace(mapped, '_', '-');
    if (!isDnsLabel(mapped)) return false;
    underscores = true;
  }
  return true;
}

void checkTrustDomain(Installation& installation, bool strict, std::vector<std::string>& out) {
  const Value domain = installation.spec["meshConfig"]["trustDomain"];
  if (!domain.exists()) return;
  bool underscores = false;
  const bool good = isTrustDomain(domain.text(), underscores);
  if (!good || (underscores && strict)) {
    out.push_back(cat("trustDomain: trust domain name \"", domain.text(), "\" invalid"));
  } else if (underscores) {
    installation.warnings.push_back(
        cat("trust domain \"", domain.text(),
            "\" has an underscore: accepted here, refused by upstream Istio (--strict-upstream)"));
  }
}

void checkPorts(Value gateway, Value values, std::vector<std::string>& out) {
  const std::string_view name = gateway["name"].text();
  if (values["gateways"]["istio-ingressgateway"]["runAsRoot"].boolean()) return;
  for (const Value port : gateway["k8s"]["service"]["ports"].elements()) {
    const Value target = port["targetPort"].exists() ? port["targetPort"] : port["port"];
    if (!target.isNumber() || target.integer() >= 1024) continue;
    out.push_back(cat("generated config failed semantic validation: port ", port["name"].text(),
                      "/", port["port"].integer(), " in gateway ", name,
                      " invalid: targetPort is set to ", target.integer(),
                      ", which requires root. Set targetPort to be greater than 1024 or configure "
                      "values.gateways.istio-ingressgateway.runAsRoot=true"));
  }
}

void checkComponents(Value spec, std::vector<std::string>& out) {
  for (const auto& [key, value] : spec["components"]["base"]["k8s"].members()) {
    if (key != "overlays") {
      out.push_back("base component can only have k8s.overlays, not other K8s settings");
      break;
    }
  }
  for (const char* list : {"ingressGateways", "egressGateways"}) {
    for (const Value gateway : spec["components"][list].elements()) {
      const std::string_view name = gateway["name"].text();
      const bool good =
          !name.empty() && name.size() <= 254 &&
          std::ranges::all_of(name, [](char c) { return isPlain(c) || c == '.' || c == '-'; });
      if (!good)
        out.push_back(cat("components.", list, ": gateway name \"", name, "\" is not valid"));
      checkPorts(gateway, spec["values"], out);
    }
  }
}

}  // namespace

bool isDnsLabel(std::string_view text) {
  if (text.empty() || text.size() > 63 || !isPlain(text.front()) || !isPlain(text.back()))
    return false;
  return std::ranges::all_of(text, [](char c) { return isPlain(c) || c == '-'; });
}

Result<void> checkFields(Value document, std::string_view type, const std::string& path,
                         std::vector<std::string>& warnings) {
  if (type == "any" || document.isNull()) return {};
  if (type == "none") {
    warnings.push_back(cat(path, " is accepted and has no effect: it is not supported yet"));
    return {};
  }
  if (type.starts_with('[')) {
    if (!document.isArray())
      return fail(Code::kInvalid,
                  cat("could not unmarshal merged YAML: ", path, " must be a list"));
    for (size_t i = 0; i < document.size(); ++i) {
      MESHKA_CHECK(checkFields(document[i], type.substr(1, type.size() - 2), cat(path, "[", i, "]"),
                               warnings));
    }
    return {};
  }
  if (!document.isObject())
    return fail(Code::kInvalid,
                cat("could not unmarshal merged YAML: ", path.empty() ? "the document" : path,
                    " must be an object of type ", type));
  const Value fields = istioFiles().fields[type];
  for (const auto& [key, value] : document.members()) {
    const Value field = fields[key];
    const std::string here = path.empty() ? std::string(key) : cat(path, ".", key);
    if (!field.exists()) return fail(unknownField(type, key, here));
    MESHKA_CHECK(checkFields(value, field.text(), here, warnings));
  }
  return {};
}

std::vector<std::string> checkValues(Installation& installation, bool strict_upstream) {
  std::vector<std::string> out;
  const Value spec = installation.spec;
  if (!isHub(spec["hub"].text())) out.push_back(cat("invalid hub: \"", spec["hub"].text(), "\""));
  if (!isTag(spec["tag"].text())) out.push_back(cat("invalid tag: \"", spec["tag"].text(), "\""));
  const std::string_view provider = spec["values"]["global"]["pilotCertProvider"].text();
  if (provider != "istiod")
    out.push_back(cat("values.global.pilotCertProvider: \"", provider,
                      "\" is not supported: istiod signs its certificates itself"));
  checkTrustDomain(installation, strict_upstream, out);
  checkComponents(spec, out);
  return out;
}

}  // namespace meshka::mesh
