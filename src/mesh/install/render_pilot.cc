// Component Pilot: istiod, its configuration, its webhook and the telemetry filters.
#include "base/strings.h"
#include "mesh/install/config_maps.h"
#include "mesh/install/render_parts.h"
#include "mesh/install/schema_files.h"

namespace meshka::mesh {

using doc::Draft;
using doc::Value;

namespace {

Draft expression(std::string_view key, std::string_view op, std::string_view value = {}) {
  Draft out = Draft::object({{"key", key}, {"operator", op}});
  if (!value.empty()) out["values"] = Draft::array({value});
  return out;
}

// One of the webhooks through which pods are injected; each catches one way of asking for it.
Draft injectorWebhook(const Installation& installation, std::string_view name, Draft namespaces,
                      Draft objects) {
  Draft service = Draft::object({{"name", cat("istiod", suffixOf(installation))},
                                 {"namespace", installation.ns},
                                 {"path", "/inject"},
                                 {"port", 443}});
  Draft rule = Draft::object({{"operations", Draft::array({"CREATE"})},
                              {"apiGroups", Draft::array({""})},
                              {"apiVersions", Draft::array({"v1"})},
                              {"resources", Draft::array({"pods"})}});
  return Draft::object(
      {{"name", cat(name, ".sidecar-injector.istio.io")},
       {"clientConfig", Draft::object({{"service", std::move(service)}, {"caBundle", ""}})},
       {"sideEffects", "None"},
       {"rules", Draft::array({std::move(rule)})},
       {"failurePolicy", "Fail"},
       {"admissionReviewVersions", Draft::array({"v1beta1", "v1"})},
       {"namespaceSelector", Draft::object({{"matchExpressions", std::move(namespaces)}})},
       {"objectSelector", Draft::object({{"matchExpressions", std::move(objects)}})}});
}

Draft injectorWebhooks(const Installation& installation) {
  constexpr std::string_view kRev = "istio.io/rev";
  constexpr std::string_view kInject = "sidecar.istio.io/inject";
  constexpr std::string_view kNamespace = "istio-injection";
  const std::string rev = revisionLabel(installation);
  const Draft no_rev = expression(kRev, "DoesNotExist");
  const Draft no_label = expression(kNamespace, "DoesNotExist");
  const Draft not_off = expression(kInject, "NotIn", "false");
  Draft out = Draft::array();
  out.push(injectorWebhook(installation, "rev.namespace",
                           Draft::array({expression(kRev, "In", rev), no_label}),
                           Draft::array({not_off})));
  out.push(injectorWebhook(installation, "rev.object", Draft::array({no_rev, no_label}),
                           Draft::array({not_off, expression(kRev, "In", rev)})));
  if (!installation.revision.empty()) return out;
  out.push(injectorWebhook(installation, "namespace",
                           Draft::array({expression(kNamespace, "In", "enabled")}),
                           Draft::array({not_off})));
  out.push(injectorWebhook(installation, "object", Draft::array({no_label, no_rev}),
                           Draft::array({expression(kInject, "In", "true"), no_rev})));
  const Value webhook = installation.spec["values"]["sidecarInjectorWebhook"];
  if (!webhook["enableNamespacesByDefault"].boolean()) return out;
  Draft system = expression("kubernetes.io/metadata.name", "NotIn");
  system["values"] =
      Draft::array({"kube-system", "kube-public", "kube-node-lease", "local-path-storage"});
  out.push(injectorWebhook(installation, "auto",
                           Draft::array({no_label, no_rev, std::move(system)}),
                           Draft::array({not_off, no_rev})));
  return out;
}

Draft istiodEnv(const Installation& installation, const ClusterFacts& facts, Value pilot) {
  const Value global = installation.spec["values"]["global"];
  const std::string_view cluster = global["multiCluster"]["clusterName"].text();
  Draft out = Draft::array({
      envValue("REVISION", revisionLabel(installation)),
      envValue("JWT_POLICY", facts.third_party_jwt ? "third-party-jwt" : "first-party-jwt"),
      envValue("PILOT_CERT_PROVIDER", global["pilotCertProvider"].text("istiod")),
      envField("POD_NAME", "metadata.name"),
      envField("POD_NAMESPACE", "metadata.namespace"),
      envField("SERVICE_ACCOUNT", "spec.serviceAccountName"),
      envValue("KUBECONFIG", "/var/run/secrets/remote/config"),
  });
  for (const auto& [name, value] : pilot["env"].members())
    out.push(envValue(name, scalarText(value)));
  // What upstream's installer adds for Kubernetes 1.19 and later.
  if (facts.kubernetes_minor >= 19 && !pilot["env"]["ENABLE_LEGACY_FSGROUP_INJECTION"].exists())
    out.push(envValue("ENABLE_LEGACY_FSGROUP_INJECTION", "false"));
  out.push(envValue("PILOT_TRACE_SAMPLING", scalarText(pilot["traceSampling"])));
  for (const char* direction : {"Outbound", "Inbound"}) {
    const std::string field = cat("enableProtocolSniffingFor", direction);
    out.push(envValue(
        cat("PILOT_ENABLE_PROTOCOL_SNIFFING_FOR_", direction[0] == 'O' ? "OUTBOUND" : "INBOUND"),
        scalarText(pilot[field])));
  }
  out.push(envValue("ISTIOD_ADDR",
                    cat("istiod", suffixOf(installation), ".", installation.ns, ".svc:15012")));
  out.push(envValue("PILOT_ENABLE_ANALYSIS", scalarText(global["istiod"]["enableAnalysis"])));
  out.push(envValue("CLUSTER_ID", cluster.empty() ? "Kubernetes" : cluster));
  return out;
}

TemplateValues pilotValues(const Installation& installation, const ClusterFacts& facts) {
  const Value spec = installation.spec;
  const Value pilot = spec["values"]["pilot"];
  const bool autoscale = pilot["autoscaleEnabled"].boolean();
  const bool revised = !installation.revision.empty();
  TemplateValues out = commonValues(installation, facts);
  Draft selector = Draft::object({{"app", "istiod"}});
  if (revised)
    selector["istio.io/rev"] = installation.revision;
  else
    selector["istio"] = "pilot";
  out["istiod selector"] = selector;
  out["istiod deployment selector"] = revised ? selector : Draft::object({{"istio", "pilot"}});
  out["istiod pod label"] = revised ? Draft("istiod") : Draft("pilot");
  out["replicas"] = autoscale ? Draft() : Draft(pilot["replicaCount"]);
  out["autoscale min"] = pilot["autoscaleMin"];
  out["autoscale max"] = pilot["autoscaleMax"];
  out["cpu target"] = pilot["cpu"]["targetAverageUtilization"];
  out["resources"] = pilot["resources"];
  out["keepalive"] = pilot["keepaliveMaxServerConnectionAge"];
  out["image"] = imageOf(installation, spec["components"]["pilot"], pilot["image"].text("pilot"));
  out["istiod env"] = istiodEnv(installation, facts, pilot);
  out["mesh config"] = meshConfigText(installation);
  out["mesh networks"] = meshNetworksText(installation);
  out["injector values"] = injectorValuesText(
      installation, facts.third_party_jwt ? "third-party-jwt" : "first-party-jwt");
  out["injector config"] = injectorConfigText(installation);
  out["injector webhooks"] = injectorWebhooks(installation);
  return out;
}

}  // namespace

std::vector<doc::Doc> pilotObjects(const Installation& installation, const ClusterFacts& facts) {
  TemplateValues values = pilotValues(installation, facts);
  std::vector<doc::Doc> out = fillObjects("Pilot", values);
  const bool autoscale = installation.spec["values"]["pilot"]["autoscaleEnabled"].boolean();
  std::erase_if(out, [&](const doc::Doc& object) {
    return !autoscale && object["kind"].text() == "HorizontalPodAutoscaler";
  });
  for (const char* version : {"1.9", "1.10", "1.11"}) {
    values["proxy version"] = version;
    values["proxy version pattern"] = cat("^1\\.", std::string_view(version).substr(2), ".*");
    for (doc::Doc& filter : fillObjects("Filters", values)) out.push_back(std::move(filter));
  }
  return out;
}

}  // namespace meshka::mesh
