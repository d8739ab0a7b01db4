#include "mesh/inject/environment.h"

#include "base/strings.h"
#include "doc/json.h"

namespace meshka::mesh {
namespace {

using doc::Draft;

void add(Draft& env, std::string_view name, Draft value) {
  env.push(Draft::object({{"name", name}, {"value", std::move(value)}}));
}

void addField(Draft& env, std::string_view name, std::string_view path) {
  Draft entry = Draft::object({{"name", name}});
  entry["valueFrom"]["fieldRef"]["fieldPath"] = path;
  env.push(std::move(entry));
}

std::string textOf(doc::Value value) {
  return value.isString() ? std::string(value.text()) : doc::toJson(value);
}

bool isApplication(doc::Value container) {
  return container["name"].text() != "istio-proxy";
}

std::string podPorts(doc::Value pod) {
  Draft out = Draft::array();
  for (const doc::Value container : pod["spec"]["containers"].elements()) {
    if (!isApplication(container)) continue;
    for (const doc::Value port : container["ports"].elements()) {
      Draft entry = Draft::object();
      for (const char* member : {"name", "containerPort", "protocol"}) {
        if (port[member].exists()) entry[member] = port[member];
      }
      out.push(std::move(entry));
    }
  }
  return doc::toJson(out.finish());
}

std::string applicationContainers(doc::Value pod) {
  std::vector<std::string> names;
  for (const doc::Value container : pod["spec"]["containers"].elements()) {
    if (isApplication(container)) names.emplace_back(container["name"].text());
  }
  return join(names, ",");
}

std::string caAddress(const InjectContext& c) {
  const std::string_view given = c.global["caAddress"].text();
  if (!given.empty()) return std::string(given);
  const std::string& revision = c.input.revision;
  const bool plain = revision.empty() || revision == "default";
  return cat("istiod", plain ? "" : "-" + revision, ".",
             c.global["istioNamespace"].text(c.input.root_namespace), ".svc:15012");
}

}  // namespace

Draft proxyMetadata(const InjectContext& c) {
  Draft out = Draft::array();
  for (const auto [name, value] : c.proxy_config["proxyMetadata"].members()) {
    add(out, name, textOf(value));
  }
  return out;
}

Draft proxyEnvironment(const InjectContext& c) {
  Draft env = Draft::array();
  add(env, "JWT_POLICY", c.global["jwtPolicy"].text("third-party-jwt"));
  add(env, "PILOT_CERT_PROVIDER", c.global["pilotCertProvider"].text("istiod"));
  add(env, "CA_ADDR", caAddress(c));
  addField(env, "POD_NAME", "metadata.name");
  addField(env, "POD_NAMESPACE", "metadata.namespace");
  addField(env, "INSTANCE_IP", "status.podIP");
  addField(env, "SERVICE_ACCOUNT", "spec.serviceAccountName");
  addField(env, "HOST_IP", "status.hostIP");
  add(env, "PROXY_CONFIG", doc::toJson(c.proxy_config) + "\n");
  add(env, "ISTIO_META_POD_PORTS", podPorts(c.pod));
  add(env, "ISTIO_META_APP_CONTAINERS", applicationContainers(c.pod));
  add(env, "ISTIO_META_CLUSTER_ID", c.cluster());
  add(env, "ISTIO_META_INTERCEPTION_MODE", c.interceptionMode());
  if (!c.network().empty()) add(env, "ISTIO_META_NETWORK", c.network());
  if (!c.workload.name.empty()) {
    add(env, "ISTIO_META_WORKLOAD_NAME", c.workload.name);
    add(env, "ISTIO_META_OWNER", ownerUri(c.workload, c.input.ns));
  }
  if (!c.annotation("sidecar.istio.io/bootstrapOverride", "").empty()) {
    add(env, "ISTIO_BOOTSTRAP_OVERRIDE", "/etc/istio/custom-bootstrap/custom_bootstrap.json");
  }
  const std::string domain(c.input.mesh["trustDomain"].text("cluster.local"));
  const std::string_view mesh_id = c.global["meshID"].text();
  add(env, "ISTIO_META_MESH_ID", mesh_id.empty() ? std::string_view(domain) : mesh_id);
  add(env, "TRUST_DOMAIN", domain);
  const Draft metadata = proxyMetadata(c);
  for (size_t i = 0; i < metadata.size(); ++i) env.push(metadata.at(i));
  return env;
}

}  // namespace meshka::mesh
