#include "mesh/inject/inject.h"

#include <algorithm>

#include "base/strings.h"
#include "doc/json.h"
#include "mesh/inject/annotations.h"
#include "mesh/inject/containers.h"
#include "mesh/inject/decide.h"
#include "mesh/inject/overrides.h"
#include "mesh/inject/probes.h"
#include "mesh/inject/proxy_config.h"
#include "mesh/inject/shape.h"

namespace meshka::mesh {
namespace {

using doc::Draft;

constexpr int64_t kProxyGroup = 1337;

void setDefault(Draft& map, const char* key, std::string_view value) {
  if (!map.contains(key)) map[key] = value;
}

std::string firstLabel(doc::Value labels, std::initializer_list<const char*> keys,
                       std::string_view fallback) {
  for (const char* key : keys) {
    const std::string_view value = labels[key].text();
    if (!value.empty()) return std::string(value);
  }
  return std::string(fallback);
}

void addLabels(const InjectContext& c, Draft& pod) {
  const doc::Value before = c.pod["metadata"]["labels"];
  Draft& labels = pod["metadata"]["labels"];
  setDefault(labels, "security.istio.io/tlsMode", "istio");
  setDefault(labels, "service.istio.io/canonical-name",
             firstLabel(before, {"app.kubernetes.io/name", "app"}, c.workload.name));
  setDefault(labels, "service.istio.io/canonical-revision",
             firstLabel(before, {"app.kubernetes.io/version", "version"}, "latest"));
  labels["istio.io/rev"] = c.input.revision.empty() ? "default" : c.input.revision;
  if (!c.network().empty()) setDefault(labels, "topology.istio.io/network", c.network());
}

// Names of what was added, for whoever takes it out again.
void addStatus(const InjectContext& c, const std::vector<Draft>& volumes, Draft& pod) {
  Draft status = Draft::object();
  status["initContainers"] = Draft::strings({"istio-init"});
  status["containers"] = Draft::strings({"istio-proxy"});
  for (const Draft& volume : volumes) status["volumes"].push(volume.find("name")->text());
  status["imagePullSecrets"] = nullptr;
  status["revision"] = c.input.revision.empty() ? "default" : c.input.revision;
  pod["metadata"]["annotations"]["sidecar.istio.io/status"] = doc::toJson(status.finish());
}

void addContainerAnnotations(const InjectContext& c, Draft& pod) {
  std::vector<std::string> names;
  for (const doc::Value container : c.pod["spec"]["containers"].elements()) {
    if (container["name"].text() != "istio-proxy") names.emplace_back(container["name"].text());
  }
  if (names.size() != 1) return;
  Draft& annotations = pod["metadata"]["annotations"];
  setDefault(annotations, "kubectl.kubernetes.io/default-logs-container", names[0]);
  setDefault(annotations, "kubectl.kubernetes.io/default-container", names[0]);
}

// The agent answers for the application's metrics too. Gives what it must know of them; "" when
// there is nothing to merge.
std::string mergePrometheus(const InjectContext& c, Draft& pod) {
  if (!c.input.mesh["enablePrometheusMerge"].boolean(true)) return {};
  if (c.annotation("prometheus.istio.io/merge-metrics", "true") == "false") return {};
  if (c.status_port == "0") return {};
  const std::string scrape = c.annotation("prometheus.io/scrape", "");
  if (!scrape.empty() && scrape != "true") return {};
  const std::string port = c.annotation("prometheus.io/port", "");
  if (port == c.status_port) return {};  // points at the agent already
  Draft original = Draft::object();
  const auto keep = [&](const char* member, const std::string& value) { original[member] = value; };
  const std::string path = c.annotation("prometheus.io/path", "");
  if (!scrape.empty() || !port.empty() || !path.empty()) {
    keep("scrape", scrape);
    keep("path", path);
    keep("port", port);
  }
  Draft& annotations = pod["metadata"]["annotations"];
  annotations["prometheus.io/port"] = c.status_port;
  annotations["prometheus.io/path"] = "/stats/prometheus";
  annotations["prometheus.io/scrape"] = "true";
  return original.size() == 0 ? std::string() : doc::toJson(original.finish());
}

void addEnvironment(Draft& container, const char* name, const std::string& value) {
  if (!value.empty()) container["env"].push(Draft::object({{"name", name}, {"value", value}}));
}

bool rewritesProbes(const InjectContext& c) {
  const std::string annotation = c.annotation("sidecar.istio.io/rewriteAppHTTPProbers", "");
  if (!annotation.empty()) return annotation == "true";
  return c.input.values["sidecarInjectorWebhook"]["rewriteAppHTTPProbe"].boolean(true);
}

// A container of that name that is there already is taken out: the user's wishes for ours.
doc::Doc takeContainer(Draft& containers, std::string_view name) {
  for (size_t i = 0; i < containers.size(); ++i) {
    if (containers.at(i)["name"].text() != name) continue;
    doc::Doc found = containers.at(i).finish();
    containers.eraseAt(i);
    return found;
  }
  return {};
}

void addVolumes(const std::vector<Draft>& volumes, Draft& spec) {
  for (const Draft& volume : volumes) {
    const std::string name = volume.find("name")->text();
    (void)takeContainer(spec["volumes"], name);  // one with our name: ours counts
    spec["volumes"].push(volume);
  }
}

void addPullSecrets(const InjectContext& c, Draft& spec) {
  for (const doc::Value secret : c.global["imagePullSecrets"].elements()) {
    spec["imagePullSecrets"].push(Draft::object({{"name", secret}}));
  }
}

void assemble(const InjectContext& c, Draft& pod) {
  Draft& spec = pod["spec"];
  if (!spec.contains("volumes") || spec["volumes"].isNull()) spec["volumes"] = Draft::array();
  const doc::Doc wishes = takeContainer(spec["containers"], "istio-proxy");
  Draft proxy = proxyContainer(c);
  addLabels(c, pod);
  addContainerAnnotations(c, pod);
  const std::string scrape = mergePrometheus(c, pod);
  if (rewritesProbes(c) && c.status_port != "0") {
    addEnvironment(proxy, "ISTIO_KUBE_APP_PROBERS",
                   rewriteProbes(spec, parseInt(c.status_port).value_or(0)));
  }
  addEnvironment(proxy, "ISTIO_PROMETHEUS_ANNOTATIONS", scrape);
  if (wishes.exists()) {
    pod["metadata"]["annotations"]["proxy.istio.io/overrides"] =
        doc::toJson(Draft::object({{"containers", Draft::array({Draft(wishes)})}}).finish());
    applyOverrides(proxy, wishes);
  }
  if (c.holdsApplication()) {
    spec["containers"].insert(0, std::move(proxy));
  } else {
    spec["containers"].push(std::move(proxy));
  }
  if (c.interceptionMode() != "NONE") spec["initContainers"].push(initContainer(c));
  const std::vector<Draft> volumes = proxyVolumes(c);
  addVolumes(volumes, spec);
  addPullSecrets(c, spec);
  if (c.input.legacy_fs_group) spec["securityContext"]["fsGroup"] = kProxyGroup;
  addStatus(c, volumes, pod);
}

}  // namespace

Result<InjectOutput> injectPod(const InjectInput& input) {
  const doc::Value pod = input.pod;
  MESHKA_CHECK(checkPodShape(pod));
  InjectOutput out{.pod = input.pod};
  out.reason = whyNotInjected(pod, input.ns, input.config);
  if (!out.reason.empty()) return out;
  if (pod["metadata"]["annotations"]["sidecar.istio.io/status"].exists()) {
    out.reason = "the pod has a proxy already";
    return out;
  }
  MESHKA_CHECK(checkAnnotations(pod["metadata"]["annotations"]));
  if (input.values["istio_cni"]["enabled"].boolean()) {
    return fail(Code::kUnsupported, "values.istio_cni.enabled is not supported yet");
  }
  MESHKA_TRY(doc::Doc proxy_config, proxyConfigOf(input.mesh, pod));
  InjectContext context{.input = input,
                        .pod = pod,
                        .annotations = pod["metadata"]["annotations"],
                        .global = input.values["global"],
                        .proxy_config = std::move(proxy_config),
                        .workload = workloadOf(pod)};
  context.status_port = context.annotation(
      "status.sidecar.istio.io/port", cat(context.proxy_config["statusPort"].integer(
                                          context.global["proxy"]["statusPort"].integer(15020))));
  Draft draft(input.pod);
  assemble(context, draft);
  out.injected = true;
  out.pod = draft.finish();
  return out;
}

}  // namespace meshka::mesh
