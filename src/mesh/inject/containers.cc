#include "mesh/inject/containers.h"

#include "base/strings.h"
#include "doc/json.h"
#include "mesh/inject/environment.h"

namespace meshka::mesh {
namespace {

using doc::Draft;

constexpr int64_t kProxyUser = 1337;
constexpr int64_t kHealthPort = 15021;

std::string imageOf(const InjectContext& c, std::string_view image) {
  if (image.find('/') != image.npos) return std::string(image);  // spelled out
  std::string tag(c.global["tag"].text());
  if (tag.empty()) tag = cat(c.global["tag"].integer());  // a number in YAML
  return cat(c.global["hub"].text(), "/", image, ":", tag);
}

Draft resourcesOf(const InjectContext& c) {
  Draft out = Draft::object();
  struct Setting {
    const char* annotation;
    const char* list;
    const char* name;
  };
  constexpr Setting kSettings[] = {{"sidecar.istio.io/proxyCPU", "requests", "cpu"},
                                   {"sidecar.istio.io/proxyMemory", "requests", "memory"},
                                   {"sidecar.istio.io/proxyCPULimit", "limits", "cpu"},
                                   {"sidecar.istio.io/proxyMemoryLimit", "limits", "memory"}};
  for (const Setting& s : kSettings) {
    const std::string value = c.annotation(s.annotation, "");
    if (!value.empty()) out[s.list][s.name] = value;
  }
  if (out.size() > 0) return out;  // annotations replace the values as a whole
  return c.global["proxy"]["resources"].exists() ? Draft(c.global["proxy"]["resources"])
                                                 : std::move(out);
}

void addPullPolicy(const InjectContext& c, Draft& container) {
  const std::string_view policy = c.global["imagePullPolicy"].text();
  if (!policy.empty()) container["imagePullPolicy"] = policy;
}

std::vector<std::string> iptablesArguments(const InjectContext& c) {
  const doc::Value proxy = c.global["proxy"];
  const auto setting = [&](const char* annotation, std::string_view fallback) {
    return c.annotation(cat("traffic.sidecar.istio.io/", annotation), fallback);
  };
  std::string excluded = "15090,15021";
  if (c.status_port != "0") excluded += "," + c.status_port;
  const std::string more = setting("excludeInboundPorts", proxy["excludeInboundPorts"].text());
  if (!more.empty()) excluded += "," + more;
  std::vector<std::string> out = {
      "istio-iptables",
      "-p",
      "15001",
      "-z",
      "15006",
      "-u",
      cat(kProxyUser),
      "-m",
      c.interceptionMode(),
      "-i",
      setting("includeOutboundIPRanges", proxy["includeIPRanges"].text("*")),
      "-x",
      setting("excludeOutboundIPRanges", proxy["excludeIPRanges"].text()),
      "-b",
      setting("includeInboundPorts", "*"),
      "-d",
      excluded};
  const auto optional = [&](const char* flag, std::string value) {
    if (value.empty()) return;
    out.emplace_back(flag);
    out.push_back(std::move(value));
  };
  optional("-q", setting("includeOutboundPorts", proxy["includeOutboundPorts"].text()));
  optional("-o", setting("excludeOutboundPorts", proxy["excludeOutboundPorts"].text()));
  optional("-k", setting("kubevirtInterfaces", ""));
  optional("-c", setting("excludeInterfaces", ""));
  return out;
}

std::vector<std::string> proxyArguments(const InjectContext& c) {
  const doc::Value proxy = c.global["proxy"];
  std::vector<std::string> out = {
      "proxy",
      "sidecar",
      "--domain",
      cat("$(POD_NAMESPACE).svc.", proxy["clusterDomain"].text("cluster.local")),
      cat("--proxyLogLevel=",
          c.annotation("sidecar.istio.io/logLevel", proxy["logLevel"].text("warning"))),
      cat("--proxyComponentLogLevel=", c.annotation("sidecar.istio.io/componentLogLevel",
                                                    proxy["componentLogLevel"].text("misc:error"))),
      cat("--log_output_level=", c.annotation("sidecar.istio.io/agentLogLevel",
                                              c.global["logging"]["level"].text("default:info")))};
  if (c.global["logAsJson"].boolean()) out.emplace_back("--log_as_json");
  if (const int64_t port = c.global["sts"]["servicePort"].integer(); port > 0) {
    out.push_back(cat("--stsPort=", port));
  }
  out.emplace_back("--concurrency");
  out.push_back(cat(c.proxy_config["concurrency"].integer(2)));
  return out;
}

Draft readiness(const InjectContext& c) {
  const doc::Value proxy = c.global["proxy"];
  const auto seconds = [&](const char* annotation, const char* value, int64_t fallback) {
    const std::string text =
        c.annotation(cat("readiness.status.sidecar.istio.io/", annotation), "");
    return parseInt(text).value_or(proxy[value].integer(fallback));
  };
  Draft out = Draft::object();
  out["httpGet"]["path"] = "/healthz/ready";
  out["httpGet"]["port"] = kHealthPort;
  out["initialDelaySeconds"] = seconds("initialDelaySeconds", "readinessInitialDelaySeconds", 1);
  out["periodSeconds"] = seconds("periodSeconds", "readinessPeriodSeconds", 2);
  out["timeoutSeconds"] = 3;
  out["failureThreshold"] = seconds("failureThreshold", "readinessFailureThreshold", 30);
  return out;
}

Draft proxySecurity(const InjectContext& c) {
  const bool privileged = c.global["proxy"]["privileged"].boolean();
  const bool transparent = c.interceptionMode() == "TPROXY";
  Draft out = Draft::object();
  out["allowPrivilegeEscalation"] = privileged;
  out["privileged"] = privileged;
  out["capabilities"]["drop"] = Draft::strings({"ALL"});
  if (transparent) out["capabilities"]["add"] = Draft::strings({"NET_ADMIN"});
  out["readOnlyRootFilesystem"] = !c.global["proxy"]["enableCoreDump"].boolean();
  out["runAsGroup"] = kProxyUser;
  out["runAsNonRoot"] = !transparent;
  out["runAsUser"] = transparent ? int64_t{0} : kProxyUser;
  return out;
}

void addMount(Draft& container, const char* name, const char* path) {
  container["volumeMounts"].push(Draft::object({{"name", name}, {"mountPath", path}}));
}

// Names to mounts or volumes, as the user wrote them in an annotation.
void addUserEntries(const InjectContext& c, const char* annotation, Draft& list) {
  const auto entries = doc::parseJson(c.annotation(annotation, "{}"));
  if (!entries) return;  // checkAnnotations() has refused it
  for (const auto [name, value] : entries->value().members()) {
    Draft entry(value);
    entry["name"] = name;
    list.push(std::move(entry));
  }
}

}  // namespace

Draft initContainer(const InjectContext& c) {
  Draft out = Draft::object();
  out["name"] = "istio-init";
  out["image"] = imageOf(c, c.annotation("sidecar.istio.io/proxyImage",
                                         c.global["proxy_init"]["image"].text("proxyv2")));
  addPullPolicy(c, out);
  out["args"] = Draft::strings(iptablesArguments(c));
  const Draft metadata = proxyMetadata(c);
  if (metadata.size() > 0) out["env"] = metadata;
  out["resources"] = resourcesOf(c);
  Draft& security = out["securityContext"];
  security["allowPrivilegeEscalation"] = c.global["proxy"]["privileged"].boolean();
  security["privileged"] = c.global["proxy"]["privileged"].boolean();
  security["capabilities"]["add"] = Draft::strings({"NET_ADMIN", "NET_RAW"});
  security["capabilities"]["drop"] = Draft::strings({"ALL"});
  security["readOnlyRootFilesystem"] = false;
  security["runAsGroup"] = 0;
  security["runAsNonRoot"] = false;
  security["runAsUser"] = 0;
  return out;
}

Draft proxyContainer(const InjectContext& c) {
  Draft out = Draft::object();
  out["name"] = "istio-proxy";
  out["image"] = imageOf(
      c, c.annotation("sidecar.istio.io/proxyImage", c.global["proxy"]["image"].text("proxyv2")));
  addPullPolicy(c, out);
  out["ports"].push(
      Draft::object({{"containerPort", 15090}, {"protocol", "TCP"}, {"name", "http-envoy-prom"}}));
  out["args"] = Draft::strings(proxyArguments(c));
  if (c.global["proxy"]["lifecycle"].exists()) {
    out["lifecycle"] = c.global["proxy"]["lifecycle"];
  } else if (c.holdsApplication()) {
    out["lifecycle"]["postStart"]["exec"]["command"] = Draft::strings({"pilot-agent", "wait"});
  }
  out["env"] = proxyEnvironment(c);
  if (c.status_port != "0") out["readinessProbe"] = readiness(c);
  out["securityContext"] = proxySecurity(c);
  out["resources"] = resourcesOf(c);
  addMount(out, "istiod-ca-cert", "/var/run/secrets/istio");
  addMount(out, "istio-data", "/var/lib/istio/data");
  if (!c.annotation("sidecar.istio.io/bootstrapOverride", "").empty()) {
    addMount(out, "custom-bootstrap-volume", "/etc/istio/custom-bootstrap");
  }
  addMount(out, "istio-envoy", "/etc/istio/proxy");
  addMount(out, "istio-token", "/var/run/secrets/tokens");
  addMount(out, "istio-podinfo", "/etc/istio/pod");
  addUserEntries(c, "sidecar.istio.io/userVolumeMount", out["volumeMounts"]);
  return out;
}

std::vector<Draft> proxyVolumes(const InjectContext& c) {
  std::vector<Draft> out;
  const auto add = [&out](const char* name) -> Draft& {
    out.push_back(Draft::object({{"name", name}}));
    return out.back();
  };
  const std::string bootstrap = c.annotation("sidecar.istio.io/bootstrapOverride", "");
  if (!bootstrap.empty()) add("custom-bootstrap-volume")["configMap"]["name"] = bootstrap;
  add("istio-envoy")["emptyDir"]["medium"] = "Memory";
  add("istio-data")["emptyDir"] = Draft::object();
  Draft& info = add("istio-podinfo")["downwardAPI"]["items"];
  for (const char* part : {"labels", "annotations"}) {
    Draft item = Draft::object({{"path", part}});
    item["fieldRef"]["fieldPath"] = cat("metadata.", part);
    info.push(std::move(item));
  }
  Draft token = Draft::object();
  token["serviceAccountToken"]["path"] = "istio-token";
  token["serviceAccountToken"]["expirationSeconds"] = 43200;
  token["serviceAccountToken"]["audience"] = c.global["sds"]["token"]["aud"].text("istio-ca");
  add("istio-token")["projected"]["sources"].push(std::move(token));
  add("istiod-ca-cert")["configMap"]["name"] = "istio-ca-root-cert";
  Draft user = Draft::array();
  addUserEntries(c, "sidecar.istio.io/userVolume", user);
  for (size_t i = 0; i < user.size(); ++i) out.push_back(user.at(i));
  return out;
}

}  // namespace meshka::mesh
