#include "mesh/install/config_maps.h"

#include "base/strings.h"
#include "doc/json.h"
#include "doc/yaml.h"
#include "mesh/install/render_parts.h"

namespace meshka::mesh {

using doc::Draft;
using doc::Value;

namespace {

std::string trimmed(std::string yaml) {
  while (yaml.ends_with('\n')) yaml.pop_back();
  return yaml;
}

Draft tracingOf(const Installation& installation) {
  const Value global = installation.spec["values"]["global"];
  const std::string_view tracer = global["proxy"]["tracer"].text();
  if (tracer == "zipkin") {
    const std::string_view given = global["tracer"]["zipkin"]["address"].text();
    const std::string_view ns = global["telemetryNamespace"].text(installation.ns);
    const std::string address = given.empty() ? cat("zipkin.", ns, ":9411") : std::string(given);
    return Draft::object({{"zipkin", Draft::object({{"address", address}})}});
  }
  if (!global["tracer"][tracer].exists()) return Draft();
  return Draft::object({{std::string(tracer), Draft(global["tracer"][tracer])}});
}

}  // namespace

std::string meshConfigText(const Installation& installation) {
  const Value global = installation.spec["values"]["global"];
  Draft defaults = Draft::object({{"discoveryAddress", cat("istiod", suffixOf(installation), ".",
                                                           installation.ns, ".svc:15012")}});
  const std::string_view mesh_id = global["meshID"].text();
  if (!mesh_id.empty()) defaults["meshId"] = mesh_id;
  Draft tracing = tracingOf(installation);
  if (!tracing.isNull()) defaults["tracing"] = std::move(tracing);
  Draft config = Draft::object({{"trustDomain", "cluster.local"},
                                {"rootNamespace", installation.ns},
                                {"defaultConfig", std::move(defaults)}});
  return trimmed(
      doc::toYaml(mergeLayer(std::move(config), installation.spec["meshConfig"]).finish()));
}

std::string meshNetworksText(const Installation& installation) {
  const Draft networks =
      Draft::object({{"networks", Draft(installation.spec["values"]["global"]["meshNetworks"])}});
  return trimmed(doc::toYaml(networks.finish()));
}

std::string injectorValuesText(const Installation& installation, std::string_view jwt_policy) {
  const Value values = installation.spec["values"];
  Draft global(values["global"]);
  global["hub"] = installation.spec["hub"];
  global["tag"] = installation.spec["tag"];
  global["jwtPolicy"] = jwt_policy;
  const Draft out =
      Draft::object({{"global", std::move(global)},
                     {"istio_cni", Draft(values["istio_cni"])},
                     {"revision", installation.revision},
                     {"sidecarInjectorWebhook", Draft(values["sidecarInjectorWebhook"])}});
  return doc::toPrettyJson(out.finish(), 2);
}

std::string injectorConfigText(const Installation& installation) {
  const Value values = installation.spec["values"];
  const Value webhook = values["sidecarInjectorWebhook"];
  Draft defaults(webhook["defaultTemplates"]);
  if (defaults.size() == 0) defaults = Draft::array({"sidecar"});
  // The templates themselves are part of istiod (docs/design/istioctl.md).
  Draft templates = Draft::object({{"sidecar", "built in"}, {"gateway", "built in"}});
  const Draft out =
      Draft::object({{"policy", values["global"]["proxy"]["autoInject"].text("enabled")},
                     {"alwaysInjectSelector", Draft(webhook["alwaysInjectSelector"])},
                     {"neverInjectSelector", Draft(webhook["neverInjectSelector"])},
                     {"injectedAnnotations", Draft(webhook["injectedAnnotations"])},
                     {"defaultTemplates", std::move(defaults)},
                     {"templates", mergeLayer(std::move(templates), webhook["templates"])}});
  return doc::toYaml(out.finish());
}

}  // namespace meshka::mesh
