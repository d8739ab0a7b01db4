#include "mgmt/chart/values.h"

#include "base/strings.h"
#include "doc/chart_values.h"

namespace meshka::mgmt {

using doc::KeyUse;
using doc::Value;
using doc::ValuesReader;

namespace {

constexpr doc::ChartKey kKeys[] = {
    {"insecure", KeyUse::kUsed},
    {"licenseKey", KeyUse::kUsed},
    {"verbose", KeyUse::kNotYet},
    {"mgmtClusterName", KeyUse::kUsed},
    {"prometheusUrl", KeyUse::kUsed},
    {"adminNamespace", KeyUse::kNotYet},
    {"leaderElection", KeyUse::kNoEffect},
    {"devMode", KeyUse::kNoEffect},
    {"glooMeshMgmtServer.enabled", KeyUse::kUsed},
    {"glooMeshMgmtServer.image.registry", KeyUse::kUsed},
    {"glooMeshMgmtServer.image.repository", KeyUse::kUsed},
    {"glooMeshMgmtServer.image.tag", KeyUse::kUsed},
    {"glooMeshMgmtServer.image.pullPolicy", KeyUse::kUsed},
    {"glooMeshMgmtServer.runAsUser", KeyUse::kUsed},
    {"glooMeshMgmtServer.floatingUserId", KeyUse::kNotYet},
    {"glooMeshMgmtServer.ports.grpc", KeyUse::kUsed},
    {"glooMeshMgmtServer.ports.healthcheck", KeyUse::kUsed},
    {"glooMeshMgmtServer.ports.stats", KeyUse::kUsed},
    {"glooMeshMgmtServer.serviceType", KeyUse::kUsed},
    {"glooMeshMgmtServer.resources.*", KeyUse::kUsed},
    {"glooMeshMgmtServer.concurrency", KeyUse::kNoEffect},
    {"glooMeshMgmtServer.maxGrpcMessageSize", KeyUse::kNoEffect},
    {"glooMeshMgmtServer.relay.disableCa", KeyUse::kUsed},
    {"glooMeshMgmtServer.relay.disableCaCertGeneration", KeyUse::kUsed},
    {"glooMeshMgmtServer.relay.*", KeyUse::kNotYet},
    {"glooMeshMgmtServer.*", KeyUse::kNotYet},
    {"glooMeshUi.enabled", KeyUse::kUsed},
    {"glooMeshUi.serviceType", KeyUse::kUsed},
    {"glooMeshUi.ports.console", KeyUse::kUsed},
    {"glooMeshUi.ports.grpc", KeyUse::kUsed},
    {"glooMeshUi.ports.healthcheck", KeyUse::kUsed},
    {"glooMeshUi.*", KeyUse::kNotYet},
    {"glooMeshRedis.enabled", KeyUse::kUsed},
    {"glooMeshRedis.ports.redis", KeyUse::kUsed},
    {"glooMeshRedis.addr", KeyUse::kUsed},
    {"glooMeshRedis.*", KeyUse::kNotYet},
    {"prometheus.enabled", KeyUse::kUsed},
    {"prometheus.*", KeyUse::kNotYet},
    {"registerMgmtPlane.*", KeyUse::kNotYet},
};

Result<void> serviceType(const ValuesReader& reader, std::string_view path, std::string& into) {
  MESHKA_CHECK(reader.text(path, into));
  if (into == "ClusterIP" || into == "NodePort" || into == "LoadBalancer") return {};
  return fail(
      Code::kInvalid,
      cat("values: ", path, " must be ClusterIP, NodePort or LoadBalancer, not \"", into, "\""));
}

Result<void> parseServer(const ValuesReader& reader, Values& values) {
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
  MESHKA_CHECK(serviceType(reader, "glooMeshMgmtServer.serviceType", values.server_service_type));
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

Result<ParsedValues> parseValues(Value typed) {
  ParsedValues out;
  Values& values = out.values;
  if (typed.exists() && !typed.isNull() && !typed.isObject())
    return fail(Code::kInvalid, "values: the file must hold a map");
  out.warnings = doc::valuesWithoutEffect(typed, kKeys);
  const ValuesReader reader(typed);
  MESHKA_CHECK(reader.boolean("insecure", values.insecure));
  MESHKA_CHECK(reader.text("licenseKey", values.license));
  MESHKA_CHECK(reader.text("mgmtClusterName", values.mgmt_cluster_name));
  MESHKA_CHECK(reader.text("prometheusUrl", values.prometheus_url));
  MESHKA_CHECK(parseServer(reader, values));
  MESHKA_CHECK(reader.boolean("glooMeshUi.enabled", values.ui));
  MESHKA_CHECK(serviceType(reader, "glooMeshUi.serviceType", values.ui_service_type));
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
