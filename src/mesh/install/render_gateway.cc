// Components IngressGateways and EgressGateways: one gateway.
#include "base/strings.h"
#include "mesh/install/render_parts.h"

namespace meshka::mesh {

using doc::Draft;
using doc::Value;

namespace {

struct Names {
  std::string gateway;
  std::string chart;  // istio-ingressgateway: whose defaults count
};

Draft chartLabels(const GatewayInput& gateway, const Names& names) {
  Draft out = Draft::object({{"app", names.chart}, {"istio", cat(gateway.direction, "gateway")}});
  return mergeLayer(std::move(out), gateway.component["label"].exists()
                                        ? gateway.component["label"]
                                        : Draft::object().finish().value());
}

Draft ownLabels(const Installation& installation, const GatewayInput& gateway) {
  return Draft::object({{"release", "istio"},
                        {"istio.io/rev", revisionLabel(installation)},
                        {"install.operator.istio.io/owning-resource", "unknown"},
                        {"operator.istio.io/component", gateway.label}});
}

// What is no port is refused by the API server, where it is stored; here it is passed over.
Draft portsOf(const GatewayInput& gateway, Value chart) {
  const Value given = gateway.component["k8s"]["service"]["ports"];
  Draft out = Draft::array();
  for (const Value port : (given.isArray() ? given : chart["ports"]).elements()) {
    if (!port.isObject()) continue;
    out.push(Draft(port));
    Draft& last = out.at(out.size() - 1);
    if (!last.contains("protocol")) last["protocol"] = "TCP";
  }
  return out;
}

Draft containerPorts(const Draft& ports) {
  Draft out = Draft::array();
  for (size_t i = 0; i < ports.size(); ++i) {
    const Draft& port = ports.at(i);
    const Draft* target = port.find("targetPort");
    const bool number = target != nullptr && target->kind() == doc::Kind::kInt;
    const Draft* own = number ? target : port.find("port");
    out.push(Draft::object({{"containerPort", own == nullptr ? Draft() : *own},
                            {"protocol", *port.find("protocol")}}));
  }
  out.push(
      Draft::object({{"containerPort", 15090}, {"name", "http-envoy-prom"}, {"protocol", "TCP"}}));
  return out;
}

void pushIdentity(Draft& env, const Installation& installation, const Names& names) {
  const Value global = installation.spec["values"]["global"];
  const std::string_view domain = installation.spec["meshConfig"]["trustDomain"].text();
  const std::string_view mesh_id = global["meshID"].text(domain);
  env.push(envValue("ISTIO_META_WORKLOAD_NAME", names.gateway));
  env.push(envValue("ISTIO_META_OWNER", cat("kubernetes://apis/apps/v1/namespaces/",
                                            installation.ns, "/deployments/", names.gateway)));
  const std::string_view id = mesh_id.empty() ? domain : mesh_id;
  if (!id.empty()) env.push(envValue("ISTIO_META_MESH_ID", id));
  if (!domain.empty()) env.push(envValue("TRUST_DOMAIN", domain));
}

Draft gatewayEnv(const Installation& installation, const ClusterFacts& facts, const Names& names,
                 Value chart) {
  const Value global = installation.spec["values"]["global"];
  const std::string_view ca = global["caAddress"].text();
  Draft out = Draft::array({
      envValue("JWT_POLICY", facts.third_party_jwt ? "third-party-jwt" : "first-party-jwt"),
      envValue("PILOT_CERT_PROVIDER", global["pilotCertProvider"].text("istiod")),
      envValue("CA_ADDR", ca.empty() ? cat("istiod", suffixOf(installation), ".", installation.ns,
                                           ".svc:15012")
                                     : std::string(ca)),
      envField("NODE_NAME", "spec.nodeName"),
      envField("POD_NAME", "metadata.name"),
      envField("POD_NAMESPACE", "metadata.namespace"),
      envField("INSTANCE_IP", "status.podIP"),
      envField("HOST_IP", "status.hostIP"),
      envField("SERVICE_ACCOUNT", "spec.serviceAccountName", false),
  });
  pushIdentity(out, installation, names);
  if (!chart["runAsRoot"].boolean()) out.push(envValue("ISTIO_META_UNPRIVILEGED_POD", "true"));
  for (const auto& [name, value] : chart["env"].members())
    out.push(envValue(name, scalarText(value)));
  for (const auto& [name, value] :
       installation.spec["meshConfig"]["defaultConfig"]["proxyMetadata"].members())
    out.push(envValue(name, scalarText(value)));
  const std::string_view network = global["network"].text();
  if (!network.empty()) out.push(envValue("ISTIO_META_NETWORK", network));
  const std::string_view cluster = global["multiCluster"]["clusterName"].text();
  out.push(envValue("ISTIO_META_CLUSTER_ID", cluster.empty() ? "Kubernetes" : cluster));
  return out;
}

void setSecurity(TemplateValues& values, bool as_root) {
  values["pod security"] = Draft::object({{"fsGroup", 1337},
                                          {"runAsGroup", 1337},
                                          {"runAsNonRoot", !as_root},
                                          {"runAsUser", as_root ? 0 : 1337}});
  if (as_root) {
    values["container security"] = Draft();
    return;
  }
  values["container security"] =
      Draft::object({{"allowPrivilegeEscalation", false},
                     {"capabilities", Draft::object({{"drop", Draft::array({"ALL"})}})},
                     {"privileged", false},
                     {"readOnlyRootFilesystem", true}});
}

}  // namespace

std::vector<doc::Doc> gatewayObjects(const Installation& installation, const ClusterFacts& facts,
                                     const GatewayInput& gateway) {
  const Value spec = installation.spec;
  const Names names{std::string(gateway.component["name"].text()),
                    cat("istio-", gateway.direction, "gateway")};
  const Value chart = spec["values"]["gateways"][names.chart];
  const bool autoscale = chart["autoscaleEnabled"].boolean();
  const Draft selector = chartLabels(gateway, names);
  const Draft own = ownLabels(installation, gateway);
  const Draft labels = mergeLayer(selector, own.finish());
  TemplateValues values = commonValues(installation, facts);
  values["gateway"] = names.gateway;
  values["direction"] = gateway.direction;
  values["selector"] = selector;
  values["labels"] = labels;
  values["sds labels"] = own;
  values["pod labels"] =
      mergeLayer(labels, Draft::object({{"chart", "gateways"},
                                        {"heritage", "Tiller"},
                                        {"service.istio.io/canonical-name", names.gateway},
                                        {"service.istio.io/canonical-revision", "latest"},
                                        {"sidecar.istio.io/inject", "false"}})
                             .finish());
  const Draft ports = portsOf(gateway, chart);
  values["service ports"] = ports;
  values["container ports"] = containerPorts(ports);
  values["service type"] = chart["type"];
  values["replicas"] =
      autoscale || !chart["replicaCount"].exists() ? Draft() : Draft(chart["replicaCount"]);
  values["autoscale min"] = chart["autoscaleMin"];
  values["autoscale max"] = chart["autoscaleMax"];
  values["cpu target"] = chart["cpu"]["targetAverageUtilization"];
  values["resources"] = chart["resources"];
  values["image"] = imageOf(installation, gateway.component,
                            spec["values"]["global"]["proxy"]["image"].text("proxyv2"));
  values["gateway env"] = gatewayEnv(installation, facts, names, chart);
  setSecurity(values, chart["runAsRoot"].boolean());
  std::vector<doc::Doc> out = fillObjects("Gateway", values);
  std::erase_if(out, [&](const doc::Doc& object) {
    return !autoscale && object["kind"].text() == "HorizontalPodAutoscaler";
  });
  return out;
}

}  // namespace meshka::mesh
