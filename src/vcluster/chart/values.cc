#include "vcluster/chart/values.h"

#include <algorithm>

#include "base/strings.h"

namespace meshka::vcluster {

using doc::Draft;
using doc::Value;

namespace {

enum class Known : uint8_t { kUsed, kNotYet, kNoEffect };

struct KnownKey {
  std::string_view path;  // a whole subtree when it ends in ".*"
  Known known;
};

// The chart's keys. kNotYet is a promise of a warning; kNoEffect are keys whose meaning does not
// exist here.
constexpr KnownKey kKeys[] = {
    {"isolation.enabled", Known::kUsed},
    {"isolation.podSecurityStandard", Known::kUsed},
    {"isolation.networkPolicy.enabled", Known::kUsed},
    {"isolation.networkPolicy.*", Known::kNotYet},
    {"isolation.resourceQuota.enabled", Known::kUsed},
    {"isolation.resourceQuota.*", Known::kNotYet},
    {"isolation.limitRange.enabled", Known::kUsed},
    {"isolation.limitRange.*", Known::kNotYet},
    {"isolation.*", Known::kNotYet},
    {"rbac.clusterRole.create", Known::kUsed},
    {"rbac.*", Known::kNotYet},
    {"syncer.extraArgs", Known::kUsed},
    {"syncer.*", Known::kNotYet},
    {"vcluster.image", Known::kUsed},
    {"vcluster.*", Known::kNotYet},
    {"service.type", Known::kUsed},
    {"service.*", Known::kNotYet},
    {"serviceCIDR", Known::kNoEffect},
    {"securityContext.runAsUser", Known::kUsed},
    {"securityContext.*", Known::kNotYet},
    {"telemetry.*", Known::kNoEffect},
    {"sync.*", Known::kNotYet},
    {"mapServices.*", Known::kNotYet},
    {"coredns.*", Known::kNotYet},
    {"storage.*", Known::kNotYet},
    {"ingress.*", Known::kNotYet},
    {"init.*", Known::kNotYet},
    {"plugin.*", Known::kNotYet},
    {"openshift.*", Known::kNotYet},
    {"serviceAccount.*", Known::kNotYet},
    {"workloadServiceAccount.*", Known::kNotYet},
    {"autoDeletePersistentVolumeClaims", Known::kNotYet},
    {"replicas", Known::kNotYet},
    {"nodeSelector", Known::kNotYet},
    {"affinity", Known::kNotYet},
    {"tolerations", Known::kNotYet},
    {"labels", Known::kNotYet},
    {"annotations", Known::kNotYet},
    {"podLabels", Known::kNotYet},
    {"podAnnotations", Known::kNotYet},
    {"priorityClassName", Known::kNotYet},
    {"volumes", Known::kNotYet},
    {"defaultImageRegistry", Known::kNotYet},
    {"enableHA", Known::kNotYet},
    {"fallbackHostDns", Known::kNotYet},
    {"proxy.*", Known::kNotYet},
    {"multiNamespaceMode.*", Known::kNotYet},
    {"fsGroup", Known::kNotYet},
};

const KnownKey* findKey(std::string_view path) {
  for (const KnownKey& key : kKeys) {
    if (key.path == path) return &key;
    if (key.path.ends_with(".*") && path.starts_with(key.path.substr(0, key.path.size() - 1)))
      return &key;
  }
  return nullptr;
}

bool hasBelow(std::string_view path) {
  const std::string prefix = cat(path, ".");
  return std::any_of(std::begin(kKeys), std::end(kKeys),
                     [&](const KnownKey& key) { return key.path.starts_with(prefix); });
}

void checkKeys(Value value, const std::string& path, std::vector<std::string>& warnings) {
  for (const auto [key, child] : value.members()) {
    const std::string at = path.empty() ? std::string(key) : cat(path, ".", key);
    const KnownKey* known = findKey(at);
    if (known == nullptr && hasBelow(at)) {
      if (child.isObject()) checkKeys(child, at, warnings);
    } else if (known == nullptr) {
      warnings.push_back(cat("values: ", at, " is not a known key and has no effect"));
    } else if (known->known == Known::kNotYet && child.isObject() && hasBelow(at)) {
      checkKeys(child, at, warnings);
    } else if (known->known == Known::kNotYet) {
      warnings.push_back(cat("values: ", at, " is not supported yet and has no effect"));
    }
  }
}

// Reads one leaf with its type checked.
struct Reader {
  Value root;

  Value at(std::string_view path) const {
    Value value = root;
    for (const std::string_view step : split(path, '.')) value = value[step];
    return value;
  }
  Result<void> boolean(std::string_view path, bool& into) const {
    const Value value = at(path);
    if (!value.exists() || value.isNull()) return {};
    if (value.kind() != doc::Kind::kBool)
      return fail(Code::kInvalid, cat("values: ", path, " must be true or false"));
    into = value.boolean();
    return {};
  }
  Result<void> text(std::string_view path, std::string& into) const {
    const Value value = at(path);
    if (!value.exists() || value.isNull()) return {};
    if (!value.isString()) return fail(Code::kInvalid, cat("values: ", path, " must be a string"));
    into = value.text();
    return {};
  }
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

Result<void> parseIsolation(const Reader& reader, Values& values,
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

doc::Doc mergeValues(Value base, Value over) {
  if (!base.isObject() || !over.isObject()) return over.exists() ? over.doc() : base.doc();
  Draft out(base);
  for (const auto [key, value] : over.members()) out[key] = Draft(mergeValues(base[key], value));
  return out.finish();
}

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
  checkKeys(typed, "", out.warnings);
  const Reader reader{typed};
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
