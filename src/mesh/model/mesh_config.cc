// Reads meshConfig. A field of a wrong type is an error; one that has no effect here is not.
#include "mesh/model/mesh_config.h"

#include "base/strings.h"
#include "doc/yaml.h"

namespace meshka::mesh {
namespace {

Result<void> readText(doc::Value config, std::string_view field, std::string& out) {
  const doc::Value value = config[field];
  if (!value.exists() || value.isNull()) return {};
  if (!value.isString()) {
    return fail(Code::kInvalid, cat("meshConfig.", field, ": must be a text"));
  }
  out = value.text();
  return {};
}

Result<void> readBool(doc::Value config, std::string_view field, bool& out) {
  const doc::Value value = config[field];
  if (!value.exists() || value.isNull()) return {};
  if (value.kind() != doc::Kind::kBool) {
    return fail(Code::kInvalid, cat("meshConfig.", field, ": must be true or false"));
  }
  out = value.boolean();
  return {};
}

}  // namespace

Result<MeshConfig> parseMeshConfig(std::string_view yaml) {
  auto parsed = doc::parseYamlDocument(yaml);
  if (!parsed) return fail(parsed.error().with("meshConfig"));
  MeshConfig out;
  if (parsed->value().isNull()) return out;
  if (!parsed->value().isObject()) return fail(Code::kInvalid, "meshConfig: must be an object");
  const doc::Value config = *parsed;
  MESHKA_CHECK(readText(config, "trustDomain", out.trust_domain));
  MESHKA_CHECK(readText(config, "rootNamespace", out.root_namespace));
  MESHKA_CHECK(readText(config, "accessLogFile", out.access_log_file));
  MESHKA_CHECK(readBool(config, "enableAutoMtls", out.enable_auto_mtls));
  MESHKA_CHECK(readBool(config, "enableEnvoyAccessLogService", out.access_log_service));
  const doc::Value aliases = config["trustDomainAliases"];
  if (aliases.exists() && !aliases.isNull() && !aliases.isArray()) {
    return fail(Code::kInvalid, "meshConfig.trustDomainAliases: must be a list");
  }
  for (doc::Value alias : aliases.elements()) out.trust_domain_aliases.emplace_back(alias.text());
  const std::string_view mode = config["outboundTrafficPolicy"]["mode"].text("ALLOW_ANY");
  if (mode != "ALLOW_ANY" && mode != "REGISTRY_ONLY") {
    return fail(Code::kInvalid, cat("meshConfig.outboundTrafficPolicy.mode: unknown value \"", mode,
                                    "\" (ALLOW_ANY or REGISTRY_ONLY)"));
  }
  out.outbound_allow_any = mode == "ALLOW_ANY";
  if (config["defaultConfig"].isObject()) out.default_config = config["defaultConfig"].doc();
  return out;
}

}  // namespace meshka::mesh
