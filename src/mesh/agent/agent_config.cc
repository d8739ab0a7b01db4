#include "mesh/agent/agent_config.h"

#include "base/strings.h"
#include "doc/json.h"
#include "doc/merge_patch.h"
#include "doc/yaml.h"
#include "mesh/agent/node_metadata.h"

namespace meshka::mesh::agent {
namespace {

constexpr std::string_view kBuiltIn = R"({
  "discoveryAddress": "istiod.istio-system.svc:15012", "concurrency": 2,
  "drainDuration": "45s", "terminationDrainDuration": "5s"})";
constexpr std::string_view kConfigAnnotation = "proxy.istio.io/config";

std::string variable(const Environment& environment, std::string_view name,
                     std::string_view fallback = {}) {
  const auto at = environment.find(name);
  return at == environment.end() || at->second.empty() ? std::string(fallback) : at->second;
}

Result<doc::Doc> jsonVariable(const Environment& environment, std::string_view name) {
  const std::string text = variable(environment, name);
  if (text.empty()) return doc::Doc();
  auto parsed = doc::parseJson(text);
  if (!parsed) return fail(parsed.error().with(name));
  if (!parsed->value().isObject()) return fail(Code::kInvalid, cat(name, ": not a JSON object"));
  return parsed;
}

Result<doc::Doc> effectiveProxyConfig(const Environment& environment, const PodFiles& files) {
  doc::Doc out = *doc::parseJson(kBuiltIn);
  auto mesh = doc::parseYamlDocument(files.mesh);
  if (!mesh) return fail(mesh.error().with("mesh configuration"));
  if (const doc::Value d = mesh->value()["defaultConfig"]; d.isObject())
    out = doc::applyMergePatch(out, d);
  MESHKA_TRY(const doc::Doc own, jsonVariable(environment, "PROXY_CONFIG"));
  if (own.exists()) out = doc::applyMergePatch(out, own);
  const auto annotations = parsePodInfo(files.annotations);
  if (const auto at = annotations.find(std::string(kConfigAnnotation)); at != annotations.end()) {
    auto overlay = doc::parseYamlDocument(at->second);
    if (!overlay) return fail(overlay.error().with(cat("annotation ", kConfigAnnotation)));
    if (overlay->value().isObject()) out = doc::applyMergePatch(out, *overlay);
  }
  return out;
}

Result<Duration> duration(doc::Value config, std::string_view field) {
  auto parsed = parseDuration(config[field].text());
  if (!parsed) return fail(parsed.error().with(field));
  return parsed;
}

// Settings of ProxyConfig that change what a proxy does and that this agent does not have.
void warnUnsupported(AgentConfig& config) {
  for (const std::string_view field :
       {"tracing", "gatewayTopology", "customConfigFile", "envoyMetricsServiceAddress",
        "statsdUdpAddress", "privateKeyProvider"}) {
    if (config.proxy_config[field].exists())
      config.warnings.push_back(cat("proxy configuration: ", field, " is not supported yet"));
  }
  for (const std::string_view field : {"envoyAccessLogService", "envoyMetricsService"}) {
    const std::string_view mode = config.proxy_config[field]["tlsSettings"]["mode"].text("DISABLE");
    if (mode != "DISABLE") {
      config.warnings.push_back(cat("proxy configuration: ", field, ".tlsSettings.mode ", mode,
                                    " is not supported yet: plain text is used"));
    }
  }
}

}  // namespace

std::string AgentConfig::spiffe() const {
  return cat("spiffe://", trust_domain, "/ns/", ns, "/sa/", service_account);
}

// Go's quoting is JSON's for all that labels and annotations hold in practice; what JSON refuses is
// taken as it stands.
std::map<std::string, std::string> parsePodInfo(std::string_view text) {
  std::map<std::string, std::string> out;
  for (std::string_view line : split(text, '\n')) {
    const size_t equals = line.find('=');
    if (equals == line.npos) continue;
    const std::string_view quoted = trim(line.substr(equals + 1));
    const auto value = doc::parseJson(quoted);
    out[std::string(trim(line.substr(0, equals)))] = value && value->value().isString()
                                                         ? std::string(value->value().text())
                                                         : std::string(quoted);
  }
  return out;
}

Result<HostPort> parseHostPort(std::string_view text) {
  const size_t colon = text.rfind(':');
  const auto port = colon == text.npos ? std::nullopt : parseInt(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (!port || *port < 1 || *port > 65535 || host.empty())
    return fail(Code::kInvalid, cat("\"", text, "\" is not an address such as host:15012"));
  return HostPort{std::string(host), static_cast<uint16_t>(*port)};
}

Result<AgentConfig> readConfig(Launch launch, const Environment& environment,
                               const PodFiles& files) {
  AgentConfig out;
  MESHKA_TRY(out.proxy_config, effectiveProxyConfig(environment, files));
  MESHKA_TRY(out.app_probers, jsonVariable(environment, "ISTIO_KUBE_APP_PROBERS"));
  MESHKA_TRY(out.app_metrics, jsonVariable(environment, "ISTIO_PROMETHEUS_ANNOTATIONS"));
  MESHKA_TRY(out.drain, duration(out.proxy_config, "drainDuration"));
  MESHKA_TRY(out.termination_drain, duration(out.proxy_config, "terminationDrainDuration"));
  for (const char* required : {"POD_NAME", "POD_NAMESPACE", "INSTANCE_IP"}) {
    if (variable(environment, required).empty())
      return fail(Code::kInvalid, cat("environment variable ", required, " is not set"));
  }
  out.pod = variable(environment, "POD_NAME");
  out.ns = variable(environment, "POD_NAMESPACE");
  out.ip = variable(environment, "INSTANCE_IP");
  out.service_account = variable(environment, "SERVICE_ACCOUNT", "default");
  out.trust_domain = variable(environment, "TRUST_DOMAIN", "cluster.local");
  out.cluster_id = variable(environment, "ISTIO_META_CLUSTER_ID", "Kubernetes");
  out.dns_capture = variable(environment, "ISTIO_META_DNS_CAPTURE") == "true" && !launch.router;
  out.discovery_address = out.proxy_config["discoveryAddress"].text();
  out.ca_address = variable(environment, "CA_ADDR", out.discovery_address);
  for (const std::string& address : {out.discovery_address, out.ca_address}) {
    if (const auto parsed = parseHostPort(address); !parsed) return fail(parsed.error());
  }
  out.concurrency = launch.concurrency > 0
                        ? launch.concurrency
                        : static_cast<int>(out.proxy_config["concurrency"].integer(2));
  if (launch.domain.empty()) launch.domain = cat(out.ns, ".svc.cluster.local");
  out.launch = std::move(launch);
  const auto labels = parsePodInfo(files.labels);
  out.node_id = nodeId(out);
  out.node_cluster = nodeCluster(out, labels);
  MESHKA_TRY(out.metadata, nodeMetadata(out, environment, labels, parsePodInfo(files.annotations)));
  warnUnsupported(out);
  return out;
}

}  // namespace meshka::mesh::agent
