#include "mesh/agent/node_metadata.h"

#include "base/strings.h"
#include "doc/json.h"

namespace meshka::mesh::agent {
namespace {

constexpr std::string_view kText = "ISTIO_META_", kJson = "ISTIO_METAJSON_";
// The release whose agent this one stands in for; the image's tag may say another.
constexpr std::string_view kIstioVersion = "1.11.7";
// Notes of controllers about the whole object, of no use to a control plane that has the pod.
constexpr std::string_view kUnsentAnnotation = "kubectl.kubernetes.io/last-applied-configuration";

doc::Draft texts(const std::map<std::string, std::string>& map) {
  doc::Draft out = doc::Draft::object();
  for (const auto& [key, value] : map)
    if (key != kUnsentAnnotation) out[key] = value;
  return out;
}

Result<void> addJson(doc::Draft& out, std::string_view name, std::string_view key,
                     const std::string& text) {
  const auto parsed = doc::parseJson(text);
  if (!parsed) return fail(parsed.error().with(name));
  if (!parsed->value().isObject()) return fail(Code::kInvalid, cat(name, ": not a JSON object"));
  const bool nested = key == "LABELS" || key == "ANNOTATIONS";
  for (const auto [member, value] : parsed->value().members())
    (nested ? out[key] : out)[member] = doc::Draft(value);
  return {};
}

}  // namespace

std::string nodeId(const AgentConfig& c) {
  return cat(c.launch.router ? "router~" : "sidecar~", c.ip, "~", c.pod, ".", c.ns, "~",
             c.launch.domain);
}

std::string nodeCluster(const AgentConfig& c, const std::map<std::string, std::string>& labels) {
  if (!c.launch.service_cluster.empty()) return c.launch.service_cluster;
  if (const std::string_view named = c.proxy_config["serviceCluster"].text(); !named.empty())
    return std::string(named);
  const auto app = labels.find("app");
  return cat(app == labels.end() || app->second.empty() ? "istio-proxy" : app->second, ".", c.ns);
}

Result<doc::Doc> nodeMetadata(const AgentConfig& c, const Environment& environment,
                              const std::map<std::string, std::string>& labels,
                              const std::map<std::string, std::string>& annotations) {
  doc::Draft out = doc::Draft::object();
  out["NAME"] = c.pod;
  out["NAMESPACE"] = c.ns;
  out["INSTANCE_IPS"] = c.ip;
  out["SERVICE_ACCOUNT"] = c.service_account;
  out["CLUSTER_ID"] = c.cluster_id;
  out["ISTIO_VERSION"] = kIstioVersion;
  out["ENVOY_STATUS_PORT"] = int64_t{c.launch.layout.health_port};
  out["ENVOY_PROMETHEUS_PORT"] = int64_t{c.launch.layout.prometheus_port};
  out["PROXY_CONFIG"] = doc::Draft(c.proxy_config);
  out["LABELS"] = texts(labels);
  out["ANNOTATIONS"] = texts(annotations);
  for (const auto& [name, value] : environment) {
    const std::string_view view = name;
    if (view.starts_with(kJson)) {
      MESHKA_CHECK(addJson(out, view, view.substr(kJson.size()), value));
    } else if (view.starts_with(kText) && view.size() > kText.size()) {
      out[view.substr(kText.size())] = value;
    }
  }
  return out.finish();
}

}  // namespace meshka::mesh::agent
