#include "mesh/install/render.h"

#include <algorithm>

#include "base/strings.h"
#include "doc/json.h"
#include "mesh/install/crds.h"
#include "mesh/install/overlay.h"
#include "mesh/install/render_parts.h"
#include "mesh/install/schema_files.h"

namespace meshka::mesh {

using doc::Draft;
using doc::Value;

std::string suffixOf(const Installation& installation) {
  return installation.revision.empty() ? std::string() : cat("-", installation.revision);
}

std::string revisionLabel(const Installation& installation) {
  return installation.revision.empty() ? "default" : installation.revision;
}

std::string scalarText(Value value) {
  if (value.isString()) return std::string(value.text());
  return value.exists() && !value.isNull() ? doc::toJson(value) : std::string();
}

Draft envValue(std::string_view name, std::string_view value) {
  return Draft::object({{"name", name}, {"value", value}});
}

Draft envField(std::string_view name, std::string_view path, bool with_version) {
  Draft field = Draft::object({{"fieldPath", path}});
  if (with_version) field["apiVersion"] = "v1";
  return Draft::object(
      {{"name", name}, {"valueFrom", Draft::object({{"fieldRef", std::move(field)}})}});
}

std::string imageOf(const Installation& installation, Value component, std::string_view image) {
  if (image.find('/') != image.npos) return std::string(image);
  const Value spec = installation.spec;
  const std::string hub = scalarText(component["hub"]);
  const std::string tag = scalarText(component["tag"]);
  return cat(hub.empty() ? scalarText(spec["hub"]) : hub, "/", image, ":",
             tag.empty() ? scalarText(spec["tag"]) : tag);
}

TemplateValues commonValues(const Installation& installation, const ClusterFacts&) {
  const Value global = installation.spec["values"]["global"];
  const Value proxy = global["proxy"];
  Draft secrets = Draft::array();
  for (const Value name : global["imagePullSecrets"].elements())
    secrets.push(Draft::object({{"name", name}}));
  const auto orNull = [](std::string_view text) { return text.empty() ? Draft() : Draft(text); };
  return {{"namespace", installation.ns},
          {"suffix", suffixOf(installation)},
          {"revision", revisionLabel(installation)},
          {"cluster domain", proxy["clusterDomain"].text("cluster.local")},
          {"log level", global["logging"]["level"].text("default:info")},
          {"proxy log level", proxy["logLevel"].text("warning")},
          {"component log level", proxy["componentLogLevel"].text("misc:error")},
          {"token audience", global["sds"]["token"]["aud"].text("istio-ca")},
          {"pull policy", orNull(global["imagePullPolicy"].text())},
          {"pull secrets", secrets.size() == 0 ? Draft() : secrets},
          {"priority class", orNull(global["priorityClassName"].text())}};
}

std::vector<doc::Doc> fillObjects(std::string_view section, const TemplateValues& values) {
  std::vector<doc::Doc> out;
  for (const Value pattern : istioFiles().manifests[section].elements())
    out.push_back(fillTemplate(pattern, values).finish());
  return out;
}

namespace {

std::vector<doc::Doc> baseObjects(const Installation& installation, const ClusterFacts& facts) {
  std::vector<doc::Doc> out = istioCrds();
  for (doc::Doc& object : fillObjects("Base", commonValues(installation, facts))) {
    if (object["kind"].text() != "ValidatingWebhookConfiguration") {
      out.push_back(std::move(object));
      continue;
    }
    if (!installation.spec["values"]["global"]["configValidation"].boolean(true)) continue;
    Draft webhook(object);
    // Configuration without a revision belongs to the default one.
    if (!installation.revision.empty()) webhook["webhooks"].eraseAt(1);
    out.push_back(webhook.finish());
  }
  return out;
}

// v2beta1's metric as autoscaling/v2 has it.
void modernizeAutoscaler(Draft& object) {
  object["apiVersion"] = "autoscaling/v2";
  const doc::Doc old = object.finish();
  for (size_t i = 0; i < old["spec"]["metrics"].size(); ++i) {
    const Value percent = old["spec"]["metrics"][i]["resource"]["targetAverageUtilization"];
    if (!percent.exists() || !old["spec"]["metrics"].isArray()) continue;
    Draft& resource = object["spec"]["metrics"].at(i)["resource"];
    resource["target"] = Draft::object({{"type", "Utilization"}, {"averageUtilization", percent}});
    resource.erase("targetAverageUtilization");
  }
}

// Kinds in the versions that the server has.
void fitServer(std::vector<doc::Doc>& objects, const ClusterFacts& facts) {
  for (doc::Doc& object : objects) {
    const std::string_view kind = object["kind"].text();
    Draft out(object);
    if (kind == "PodDisruptionBudget" && !facts.policy_v1beta1) {
      out["apiVersion"] = "policy/v1";
    } else if (kind == "HorizontalPodAutoscaler" && !facts.autoscaling_beta) {
      modernizeAutoscaler(out);
    } else {
      continue;
    }
    object = out.finish();
  }
}

void dropBudgets(std::vector<doc::Doc>& objects, Value global) {
  if (global["defaultPodDisruptionBudget"]["enabled"].boolean()) return;
  std::erase_if(objects, [](const doc::Doc& object) {
    return object["kind"].text() == "PodDisruptionBudget";
  });
}

class Renderer {
 public:
  Renderer(const Installation& installation, const ClusterFacts& facts)
      : installation_(installation), facts_(facts) {}

  Result<Rendering> render() {
    const Value components = installation_.spec["components"];
    if (components["base"]["enabled"].boolean()) {
      std::vector<doc::Doc> objects = baseObjects(installation_, facts_);
      MESHKA_CHECK(finish(objects, components["base"]["k8s"], {}));
      out_.components.push_back({"Base", "Istio core", std::move(objects)});
    }
    if (components["pilot"]["enabled"].boolean()) {
      std::vector<doc::Doc> objects = pilotObjects(installation_, facts_);
      MESHKA_CHECK(finish(objects, components["pilot"]["k8s"],
                          {cat("istiod", suffixOf(installation_)), "discovery"}));
      out_.components.push_back({"Pilot", "Istiod", std::move(objects)});
    }
    MESHKA_CHECK(
        gateways(components["ingressGateways"], "ingress", "IngressGateways", "Ingress gateways"));
    MESHKA_CHECK(
        gateways(components["egressGateways"], "egress", "EgressGateways", "Egress gateways"));
    return std::move(out_);
  }

 private:
  Result<void> finish(std::vector<doc::Doc>& objects, Value k8s, const OverlayTarget& target) {
    dropBudgets(objects, installation_.spec["values"]["global"]);
    MESHKA_CHECK(applyK8sSettings(objects, k8s, target, out_.warnings));
    fitServer(objects, facts_);
    return {};
  }

  Result<void> gateways(Value list, std::string_view direction, std::string name,
                        std::string title) {
    std::vector<doc::Doc> all;
    for (const Value gateway : list.elements()) {
      if (!gateway["enabled"].boolean()) continue;
      Installation here = installation_;
      if (gateway["namespace"].isString()) here.ns = gateway["namespace"].text();
      std::vector<doc::Doc> objects = gatewayObjects(here, facts_, {gateway, direction, name});
      MESHKA_CHECK(
          finish(objects, gateway["k8s"], {std::string(gateway["name"].text()), "istio-proxy"}));
      all.insert(all.end(), objects.begin(), objects.end());
    }
    if (!all.empty())
      out_.components.push_back({std::move(name), std::move(title), std::move(all)});
    return {};
  }

  const Installation& installation_;
  const ClusterFacts& facts_;
  Rendering out_;
};

// Upstream's order of `manifest generate`.
constexpr std::string_view kManifestKinds[] = {"CustomResourceDefinition",
                                               "ServiceAccount",
                                               "ClusterRole",
                                               "ClusterRoleBinding",
                                               "ValidatingWebhookConfiguration",
                                               "EnvoyFilter",
                                               "ConfigMap",
                                               "MutatingWebhookConfiguration",
                                               "Deployment",
                                               "PodDisruptionBudget",
                                               "Role",
                                               "RoleBinding",
                                               "HorizontalPodAutoscaler",
                                               "Service"};
// What the rest needs comes first; webhooks after the Deployment that answers them.
constexpr std::string_view kInstallKinds[] = {"CustomResourceDefinition",
                                              "ServiceAccount",
                                              "ClusterRole",
                                              "Role",
                                              "ClusterRoleBinding",
                                              "RoleBinding",
                                              "ValidatingWebhookConfiguration",
                                              "EnvoyFilter",
                                              "ConfigMap",
                                              "PodDisruptionBudget",
                                              "Deployment",
                                              "MutatingWebhookConfiguration",
                                              "HorizontalPodAutoscaler",
                                              "Service"};

// Stable: what is of one kind keeps its order.
template <size_t N>
std::vector<doc::Doc> sortedByKind(const std::vector<doc::Doc>& objects,
                                   const std::string_view (&kinds)[N]) {
  std::vector<doc::Doc> out;
  for (const std::string_view kind : kinds) {
    for (const doc::Doc& object : objects)
      if (object["kind"].text() == kind) out.push_back(object);
  }
  return out;
}

}  // namespace

Result<Rendering> renderComponents(const Installation& installation, const ClusterFacts& facts) {
  return Renderer(installation, facts).render();
}

std::vector<doc::Doc> manifestOrder(const Rendering& rendering) {
  std::vector<doc::Doc> out;
  for (const Component& component : rendering.components)
    out.insert(out.end(), component.objects.begin(), component.objects.end());
  std::ranges::sort(out, {}, [](const doc::Doc& object) {
    return std::string(object["metadata"]["name"].text());
  });
  return sortedByKind(out, kManifestKinds);
}

std::vector<doc::Doc> installOrder(const Component& component) {
  return sortedByKind(component.objects, kInstallKinds);
}

}  // namespace meshka::mesh
