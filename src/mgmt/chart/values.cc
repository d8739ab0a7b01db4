#include "mgmt/chart/values.h"

#include <algorithm>

#include "base/strings.h"

namespace meshka::mgmt {

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
    {"insecure", Known::kUsed},
    {"licenseKey", Known::kUsed},
    {"verbose", Known::kNotYet},
    {"mgmtClusterName", Known::kUsed},
    {"prometheusUrl", Known::kUsed},
    {"adminNamespace", Known::kNotYet},
    {"leaderElection", Known::kNoEffect},
    {"devMode", Known::kNoEffect},
    {"glooMeshMgmtServer.enabled", Known::kUsed},
    {"glooMeshMgmtServer.image.registry", Known::kUsed},
    {"glooMeshMgmtServer.image.repository", Known::kUsed},
    {"glooMeshMgmtServer.image.tag", Known::kUsed},
    {"glooMeshMgmtServer.image.pullPolicy", Known::kUsed},
    {"glooMeshMgmtServer.runAsUser", Known::kUsed},
    {"glooMeshMgmtServer.floatingUserId", Known::kNotYet},
    {"glooMeshMgmtServer.ports.grpc", Known::kUsed},
    {"glooMeshMgmtServer.ports.healthcheck", Known::kUsed},
    {"glooMeshMgmtServer.ports.stats", Known::kUsed},
    {"glooMeshMgmtServer.serviceType", Known::kUsed},
    {"glooMeshMgmtServer.resources.*", Known::kUsed},
    {"glooMeshMgmtServer.concurrency", Known::kNoEffect},
    {"glooMeshMgmtServer.maxGrpcMessageSize", Known::kNoEffect},
    {"glooMeshMgmtServer.relay.disableCa", Known::kUsed},
    {"glooMeshMgmtServer.relay.disableCaCertGeneration", Known::kUsed},
    {"glooMeshMgmtServer.relay.*", Known::kNotYet},
    {"glooMeshMgmtServer.*", Known::kNotYet},
    {"glooMeshUi.enabled", Known::kUsed},
    {"glooMeshUi.serviceType", Known::kUsed},
    {"glooMeshUi.ports.console", Known::kUsed},
    {"glooMeshUi.ports.grpc", Known::kUsed},
    {"glooMeshUi.ports.healthcheck", Known::kUsed},
    {"glooMeshUi.*", Known::kNotYet},
    {"glooMeshRedis.enabled", Known::kUsed},
    {"glooMeshRedis.ports.redis", Known::kUsed},
    {"glooMeshRedis.addr", Known::kUsed},
    {"glooMeshRedis.*", Known::kNotYet},
    {"prometheus.enabled", Known::kUsed},
    {"prometheus.*", Known::kNotYet},
    {"registerMgmtPlane.*", Known::kNotYet},
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
    if (child.isObject() && hasBelow(at)) {
      checkKeys(child, at, warnings);
      continue;
    }
    const KnownKey* known = findKey(at);
    if (known == nullptr) {
      warnings.push_back(cat("values: ", at, " is not a known key and has no effect"));
    } else if (known->known == Known::kNotYet) {
      warnings.push_back(cat("values: ", at, " is not supported yet and has no effect"));
    } else if (known->known == Known::kNoEffect) {
      warnings.push_back(cat("values: ", at, " has no effect here"));
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
  static bool absent(Value value) { return !value.exists() || value.isNull(); }

  Result<void> boolean(std::string_view path, bool& into) const {
    const Value value = at(path);
    if (absent(value)) return {};
    if (value.kind() != doc::Kind::kBool)
      return fail(Code::kInvalid, cat("values: ", path, " must be true or false"));
    into = value.boolean();
    return {};
  }
  Result<void> text(std::string_view path, std::string& into) const {
    const Value value = at(path);
    if (absent(value)) return {};
    if (value.kind() == doc::Kind::kInt) {
      into = cat(value.integer());  // --set tag=2 gives a number
      return {};
    }
    if (!value.isString()) return fail(Code::kInvalid, cat("values: ", path, " must be a string"));
    into = value.text();
    return {};
  }
  Result<void> port(std::string_view path, uint16_t& into) const {
    const Value value = at(path);
    if (absent(value)) return {};
    const int64_t number = value.isString() ? parseInt(value.text()).value_or(0) : value.integer();
    if (number < 1 || number > 65535)
      return fail(Code::kInvalid, cat("values: ", path, " must be a port from 1 to 65535"));
    into = static_cast<uint16_t>(number);
    return {};
  }
  Result<void> serviceType(std::string_view path, std::string& into) const {
    MESHKA_CHECK(text(path, into));
    if (into == "ClusterIP" || into == "NodePort" || into == "LoadBalancer") return {};
    return fail(
        Code::kInvalid,
        cat("values: ", path, " must be ClusterIP, NodePort or LoadBalancer, not \"", into, "\""));
  }
};

Result<void> parseServer(const Reader& reader, Values& values) {
  bool enabled = true;
  MESHKA_CHECK(reader.boolean("glooMeshMgmtServer.enabled", enabled));
  if (!enabled)
    return fail(Code::kUnsupported,
                "values: glooMeshMgmtServer.enabled: an installation without its server is not "
                "supported yet");
  ImageValues& image = values.server_image;
  MESHKA_CHECK(reader.text("glooMeshMgmtServer.image.registry", image.registry));
  MESHKA_CHECK(reader.text("glooMeshMgmtServer.image.repository", image.repository));
  MESHKA_CHECK(reader.text("glooMeshMgmtServer.image.tag", image.tag));
  MESHKA_CHECK(reader.text("glooMeshMgmtServer.image.pullPolicy", image.pull_policy));
  MESHKA_CHECK(reader.serviceType("glooMeshMgmtServer.serviceType", values.server_service_type));
  MESHKA_CHECK(reader.port("glooMeshMgmtServer.ports.grpc", values.grpc_port));
  MESHKA_CHECK(reader.port("glooMeshMgmtServer.ports.healthcheck", values.health_port));
  MESHKA_CHECK(reader.port("glooMeshMgmtServer.ports.stats", values.stats_port));
  const Value user = reader.at("glooMeshMgmtServer.runAsUser");
  if (user.exists() && (user.kind() != doc::Kind::kInt || user.integer() < 0))
    return fail(Code::kInvalid, "values: glooMeshMgmtServer.runAsUser must be a user id");
  values.run_as_user = user.integer(values.run_as_user);
  values.server_resources = reader.at("glooMeshMgmtServer.resources").doc();
  bool no_ca = false;
  bool no_certificates = false;
  MESHKA_CHECK(reader.boolean("glooMeshMgmtServer.relay.disableCa", no_ca));
  MESHKA_CHECK(reader.boolean("glooMeshMgmtServer.relay.disableCaCertGeneration", no_certificates));
  values.make_certificates = !no_ca && !no_certificates;
  return {};
}

}  // namespace

doc::Doc mergeValues(Value base, Value over) {
  if (!base.isObject() || !over.isObject()) return over.exists() ? over.doc() : base.doc();
  Draft out(base);
  for (const auto [key, value] : over.members()) out[key] = Draft(mergeValues(base[key], value));
  return out.finish();
}

Result<ParsedValues> parseValues(Value typed) {
  ParsedValues out;
  Values& values = out.values;
  if (typed.exists() && !typed.isNull() && !typed.isObject())
    return fail(Code::kInvalid, "values: the file must hold a map");
  checkKeys(typed, "", out.warnings);
  const Reader reader{typed};
  MESHKA_CHECK(reader.boolean("insecure", values.insecure));
  MESHKA_CHECK(reader.text("licenseKey", values.license));
  MESHKA_CHECK(reader.text("mgmtClusterName", values.mgmt_cluster_name));
  MESHKA_CHECK(reader.text("prometheusUrl", values.prometheus_url));
  MESHKA_CHECK(parseServer(reader, values));
  MESHKA_CHECK(reader.boolean("glooMeshUi.enabled", values.ui));
  MESHKA_CHECK(reader.serviceType("glooMeshUi.serviceType", values.ui_service_type));
  MESHKA_CHECK(reader.port("glooMeshUi.ports.console", values.console_port));
  MESHKA_CHECK(reader.port("glooMeshUi.ports.grpc", values.ui_api_port));
  MESHKA_CHECK(reader.port("glooMeshUi.ports.healthcheck", values.ui_health_port));
  MESHKA_CHECK(reader.boolean("glooMeshRedis.enabled", values.redis));
  MESHKA_CHECK(reader.port("glooMeshRedis.ports.redis", values.redis_port));
  MESHKA_CHECK(reader.text("glooMeshRedis.addr", values.redis_address));
  MESHKA_CHECK(reader.boolean("prometheus.enabled", values.prometheus));
  return out;
}

}  // namespace meshka::mgmt
