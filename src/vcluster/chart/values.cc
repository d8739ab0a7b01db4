#include "vcluster/chart/values.h"

#include <algorithm>

#include "base/strings.h"
#include "doc/chart_values.h"

namespace meshka::vcluster {

using doc::KeyUse;
using doc::Value;
using doc::ValuesReader;

namespace {

constexpr doc::ChartKey kKeys[] = {
    {"isolation.enabled", KeyUse::kUsed},
    {"isolation.podSecurityStandard", KeyUse::kUsed},
    {"isolation.networkPolicy.enabled", KeyUse::kUsed},
    {"isolation.networkPolicy.*", KeyUse::kNotYet},
    {"isolation.resourceQuota.enabled", KeyUse::kUsed},
    {"isolation.resourceQuota.*", KeyUse::kNotYet},
    {"isolation.limitRange.enabled", KeyUse::kUsed},
    {"isolation.limitRange.*", KeyUse::kNotYet},
    {"isolation.*", KeyUse::kNotYet},
    {"rbac.clusterRole.create", KeyUse::kUsed},
    {"rbac.*", KeyUse::kNotYet},
    {"syncer.extraArgs", KeyUse::kUsed},
    {"syncer.*", KeyUse::kNotYet},
    {"vcluster.image", KeyUse::kUsed},
    {"vcluster.*", KeyUse::kNotYet},
    {"service.type", KeyUse::kUsed},
    {"service.*", KeyUse::kNotYet},
    {"serviceCIDR", KeyUse::kMoot},
    {"securityContext.runAsUser", KeyUse::kUsed},
    {"securityContext.*", KeyUse::kNotYet},
    {"telemetry.*", KeyUse::kMoot},
    {"sync.*", KeyUse::kNotYet},
    {"mapServices.*", KeyUse::kNotYet},
    {"coredns.*", KeyUse::kNotYet},
    {"storage.*", KeyUse::kNotYet},
    {"ingress.*", KeyUse::kNotYet},
    {"init.*", KeyUse::kNotYet},
    {"plugin.*", KeyUse::kNotYet},
    {"openshift.*", KeyUse::kNotYet},
    {"serviceAccount.*", KeyUse::kNotYet},
    {"workloadServiceAccount.*", KeyUse::kNotYet},
    {"autoDeletePersistentVolumeClaims", KeyUse::kNotYet},
    {"replicas", KeyUse::kNotYet},
    {"nodeSelector", KeyUse::kNotYet},
    {"affinity", KeyUse::kNotYet},
    {"tolerations", KeyUse::kNotYet},
    {"labels", KeyUse::kNotYet},
    {"annotations", KeyUse::kNotYet},
    {"podLabels", KeyUse::kNotYet},
    {"podAnnotations", KeyUse::kNotYet},
    {"priorityClassName", KeyUse::kNotYet},
    {"volumes", KeyUse::kNotYet},
    {"defaultImageRegistry", KeyUse::kNotYet},
    {"enableHA", KeyUse::kNotYet},
    {"fallbackHostDns", KeyUse::kNotYet},
    {"proxy.*", KeyUse::kNotYet},
    {"multiNamespaceMode.*", KeyUse::kNotYet},
    {"fsGroup", KeyUse::kNotYet},
};

Result<bool> parseFlagBool(std::string_view flag, std::string_view value) {
  if (value.empty() || value == "true") return true;
  if (value == "false") return false;
  return fail(Code::kInvalid,
              cat("values: syncer.extraArgs: ", flag, " takes true or false, not \"", value, "\""));
}

// Arguments of the original syncer. Known ones without a meaning here are named with the reason.
Result<void> parseSyncerArgs(Value args, Values& values, std::vector<std::string>& warnings) {
  if (!args.exists() || args.isNull()) return {};
  if (!args.isArray())
    return fail(Code::kInvalid, "values: syncer.extraArgs must be a list of strings");
  for (const Value arg : args.elements()) {
    if (!arg.isString())
      return fail(Code::kInvalid, "values: syncer.extraArgs must be a list of strings");
    const std::string_view text = arg.text();
    const size_t equals = text.find('=');
    const std::string_view flag = text.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : text.substr(equals + 1);
    if (flag == "--fake-nodes") {
      MESHKA_TRY(const bool fake, parseFlagBool(flag, value));
      values.syncer.sync_nodes = !fake;
    } else if (flag == "--sync-all-nodes") {
      MESHKA_TRY(values.syncer.sync_all_nodes, parseFlagBool(flag, value));
    } else if (flag == "--tls-san") {
      for (const std::string_view name : split(value, ',')) {
        if (!name.empty()) values.syncer.tls_sans.emplace_back(name);
      }
    } else if (flag == "--cluster-domain" && !value.empty()) {
      values.syncer.cluster_domain = value;
    } else {
      warnings.push_back(
          cat("values: syncer.extraArgs: ", flag, " is not supported yet and has no effect"));
    }
  }
  if (values.syncer.sync_all_nodes && !values.syncer.sync_nodes) {
    return fail(Code::kInvalid,
                "values: syncer.extraArgs: --sync-all-nodes needs --fake-nodes=false");
  }
  return {};
}

Result<void> parseIsolation(const ValuesReader& reader, Values& values,
                            std::vector<std::string>& warnings) {
  MESHKA_CHECK(reader.boolean("isolation.enabled", values.isolation));
  values.network_policy = values.resource_quota = values.limit_range = values.isolation;
  values.pod_security_standard = values.isolation ? "baseline" : "";
  if (!values.isolation) return {};
  MESHKA_CHECK(reader.boolean("isolation.networkPolicy.enabled", values.network_policy));
  MESHKA_CHECK(reader.boolean("isolation.resourceQuota.enabled", values.resource_quota));
  MESHKA_CHECK(reader.boolean("isolation.limitRange.enabled", values.limit_range));
  MESHKA_CHECK(reader.text("isolation.podSecurityStandard", values.pod_security_standard));
  const std::string& level = values.pod_security_standard;
  if (!level.empty() && level != "privileged" && level != "baseline" && level != "restricted") {
    return fail(Code::kInvalid, cat("values: isolation.podSecurityStandard must be privileged, "
                                    "baseline or restricted, not \"",
                                    level, "\""));
  }
  if (values.resource_quota) {
    warnings.push_back(
        "values: isolation.resourceQuota: the ResourceQuota object is created; a host cluster of "
        "meshka does not enforce it yet");
  }
  if (values.limit_range) {
    warnings.push_back(
        "values: isolation.limitRange: the LimitRange object is created; a host cluster of meshka "
        "does not enforce it yet");
  }
  return {};
}

}  // namespace

Result<std::string> versionOfImage(std::string_view image) {
  const size_t colon = image.rfind(':');
  const std::string_view tag =
      colon == std::string_view::npos ? std::string_view() : image.substr(colon + 1);
  std::string_view rest = tag.starts_with('v') ? tag.substr(1) : tag;
  const size_t end = rest.find_first_not_of("0123456789.");
  rest = rest.substr(0, end);
  const auto parts = split(rest, '.');
  const bool good = parts.size() >= 2 && parts.size() <= 3 &&
                    std::none_of(parts.begin(), parts.end(),
                                 [](std::string_view p) { return p.empty() || p.size() > 4; });
  if (!good)
    return fail(Code::kInvalid, cat("values: vcluster.image: the tag of \"", image,
                                    "\" starts with no Kubernetes version such as v1.22.5"));
  return std::string(rest);
}

Result<ParsedValues> parseValues(Value typed) {
  ParsedValues out;
  if (typed.exists() && !typed.isNull() && !typed.isObject())
    return fail(Code::kInvalid, "values: the file must hold a map");
  if (typed["controlPlane"].exists() || typed["sync"]["toHost"].exists()) {
    return fail(Code::kUnsupported,
                "values: this is the vcluster.yaml form of 0.20 and later, which is not supported "
                "yet; use the chart values of 0.7-0.9");
  }
  out.warnings = doc::valuesWithoutEffect(typed, kKeys);
  const ValuesReader reader(typed);
  MESHKA_CHECK(parseIsolation(reader, out.values, out.warnings));
  MESHKA_CHECK(reader.boolean("rbac.clusterRole.create", out.values.cluster_role));
  MESHKA_CHECK(reader.text("service.type", out.values.service_type));
  MESHKA_CHECK(reader.text("vcluster.image", out.values.image));
  out.values.run_as_user = reader.at("securityContext.runAsUser").integer();
  if (!out.values.image.empty()) {
    MESHKA_TRY(out.values.kubernetes_version, versionOfImage(out.values.image));
  }
  MESHKA_CHECK(parseSyncerArgs(reader.at("syncer.extraArgs"), out.values, out.warnings));
  return out;
}

}  // namespace meshka::vcluster
