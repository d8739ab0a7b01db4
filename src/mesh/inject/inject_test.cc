#include "mesh/inject/inject.h"

#include "base/test/test.h"
#include "doc/json.h"
#include "doc/json_patch.h"
#include "doc/yaml.h"
#include "mesh/inject/json_patch.h"
#include "mesh/inject/workload.h"

namespace meshka::mesh {
namespace {

doc::Doc yaml(std::string_view text) {
  const auto parsed = doc::parseYamlDocument(text);
  EXPECT_OK(parsed);
  return parsed ? *parsed : doc::Doc();
}

constexpr std::string_view kPod = R"(
apiVersion: v1
kind: Pod
metadata:
  generateName: web-v1-6d4cf56db6-
  labels: {app: web, version: v1, pod-template-hash: 6d4cf56db6}
  annotations: {prometheus.io/port: "9080", prometheus.io/scrape: "true"}
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-v1-6d4cf56db6, controller: true, uid: u}]
spec:
  serviceAccountName: web
  containers:
  - name: web
    image: example/web:1
    ports: [{name: http, containerPort: 9080, protocol: TCP}]
    readinessProbe: {httpGet: {path: /healthy, port: http, scheme: HTTPS}, timeoutSeconds: 2}
    livenessProbe: {tcpSocket: {port: 9080}}
  volumes: [{name: tmp, emptyDir: {}}]
)";

InjectInput input(std::string_view pod = kPod) {
  InjectInput in;
  in.pod = yaml(pod);
  in.ns = "shop";
  in.values = yaml(R"(
global:
  hub: registry.example/istio
  tag: 1.11.7-solo
  jwtPolicy: third-party-jwt
  pilotCertProvider: istiod
  istioNamespace: istio-system
  network: cluster_1
  multiCluster: {clusterName: cluster_1}
  logging: {level: "default:info"}
  proxy: {image: proxyv2, logLevel: warning, componentLogLevel: "misc:error", clusterDomain: cluster.local,
          includeIPRanges: "*", statusPort: 15020, readinessFailureThreshold: 30, readinessInitialDelaySeconds: 1,
          readinessPeriodSeconds: 2, resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {cpu: 2000m, memory: 1024Mi}}}
  proxy_init: {image: proxyv2}
  sds: {token: {aud: istio-ca}}
sidecarInjectorWebhook: {rewriteAppHTTPProbe: true}
)");
  in.config = yaml("{policy: enabled, neverInjectSelector: [{matchLabels: {plain: 'yes'}}]}");
  in.mesh = yaml(R"(
defaultConfig:
  discoveryAddress: istiod.istio-system.svc:15012
  holdApplicationUntilProxyStarts: true
  envoyMetricsService: {address: "agent.mgmt:9977"}
  proxyMetadata: {ISTIO_META_DNS_CAPTURE: "true", ISTIO_META_DNS_AUTO_ALLOCATE: "true"}
  tracing: {zipkin: {address: "zipkin.istio-system:9411"}}
enablePrometheusMerge: true
trustDomain: cluster_1
)");
  return in;
}

InjectOutput inject(const InjectInput& in) {
  auto out = injectPod(in);
  EXPECT_OK(out);
  return out ? std::move(*out) : InjectOutput{};
}

InjectInput annotated(std::string_view name, std::string_view value) {
  InjectInput in = input();
  doc::Draft pod(in.pod);
  pod["metadata"]["annotations"][name] = value;
  in.pod = pod.finish();
  return in;
}

doc::Value container(const doc::Doc& pod, std::string_view name) {
  for (const char* list : {"containers", "initContainers"}) {
    for (const doc::Value c : pod["spec"][list].elements()) {
      if (c["name"].text() == name) return c;
    }
  }
  return {};
}

std::string arguments(const doc::Doc& pod, std::string_view name) {
  std::string out;
  for (const doc::Value a : container(pod, name)["args"].elements()) out += cat(a.text(), " ");
  return out;
}

std::string variable(const doc::Doc& pod, std::string_view name) {
  for (const doc::Value v : container(pod, "istio-proxy")["env"].elements()) {
    if (v["name"].text() == name) return std::string(v["value"].text());
  }
  return "(unset)";
}

TEST(Inject, TheWholePod) {
  const InjectOutput out = inject(input());
  EXPECT_TRUE(out.injected);
  EXPECT_GOLDEN(doc::toYaml(out.pod), "inject/testdata/pod.golden.yaml");
}

TEST(Inject, ThePatchMakesThePod) {
  const InjectInput in = input();
  const InjectOutput out = inject(in);
  const auto patched = doc::applyJsonPatch(in.pod, jsonPatchOf(in.pod, out.pod));
  ASSERT_OK(patched);
  EXPECT_TRUE(*patched == out.pod);
  // A second time changes nothing.
  InjectInput again = input();
  again.pod = out.pod;
  EXPECT_FALSE(inject(again).injected);
}

TEST(Inject, WhoIsLeftAlone) {
  InjectInput in = input();
  in.ns = "kube-system";
  EXPECT_FALSE(inject(in).injected);
  EXPECT_FALSE(inject(annotated("sidecar.istio.io/inject", "false")).injected);
  EXPECT_FALSE(inject(annotated("sidecar.istio.io/inject", "maybe")).injected);
  EXPECT_TRUE(inject(annotated("sidecar.istio.io/inject", "On")).injected);
  in = input();
  doc::Draft pod(in.pod);
  pod["spec"]["hostNetwork"] = true;
  in.pod = pod.finish();
  EXPECT_FALSE(inject(in).injected);
  in = input();
  pod = doc::Draft(in.pod);
  pod["metadata"]["labels"]["plain"] = "yes";
  in.pod = pod.finish();
  EXPECT_EQ(inject(in).reason, "neverInjectSelector matches");
}

TEST(Inject, AnnotationsSteerIt) {
  EXPECT_CONTAINS(
      arguments(inject(annotated("traffic.sidecar.istio.io/excludeInboundPorts", "22,33")).pod,
                "istio-init"),
      "-d 15090,15021,15020,22,33 ");
  EXPECT_CONTAINS(
      arguments(
          inject(annotated("traffic.sidecar.istio.io/includeOutboundIPRanges", "10.0.0.0/8")).pod,
          "istio-init"),
      "-i 10.0.0.0/8 -x ");
  EXPECT_CONTAINS(
      arguments(inject(annotated("sidecar.istio.io/logLevel", "debug")).pod, "istio-proxy"),
      "--proxyLogLevel=debug ");
  const doc::Doc cpu = inject(annotated("sidecar.istio.io/proxyCPU", "10m")).pod;
  EXPECT_EQ(doc::toJson(container(cpu, "istio-proxy")["resources"]),
            R"({"requests":{"cpu":"10m"}})");
  const doc::Doc late =
      inject(annotated("proxy.istio.io/config", "holdApplicationUntilProxyStarts: false")).pod;
  EXPECT_EQ(late["spec"]["containers"][1]["name"].text(), "istio-proxy");
  EXPECT_FALSE(container(late, "istio-proxy")["lifecycle"].exists());
  const doc::Doc mounts = inject(annotated("sidecar.istio.io/userVolumeMount",
                                           R"({"tmp":{"mountPath":"/x","readOnly":true}})"))
                              .pod;
  EXPECT_CONTAINS(doc::toJson(container(mounts, "istio-proxy")["volumeMounts"]),
                  R"({"mountPath":"/x","name":"tmp","readOnly":true})");
}

TEST(Inject, NonsenseIsRefused) {
  const std::pair<const char*, const char*> kBad[] = {
      {"traffic.sidecar.istio.io/excludeInboundPorts", "http"},
      {"traffic.sidecar.istio.io/includeOutboundIPRanges", "10.0.0.0"},
      {"sidecar.istio.io/interceptionMode", "REDIRECTED"},
      {"sidecar.istio.io/proxyCPU", "lots"},
      {"status.sidecar.istio.io/port", "-1"},
      {"sidecar.istio.io/userVolume", "tmp"},
      {"inject.istio.io/templates", "gateway"},
      {"proxy.istio.io/config", "- a"}};
  for (const auto& [name, value] : kBad) {
    const auto out = injectPod(annotated(name, value));
    EXPECT_TRUE(!out);
    if (!out) EXPECT_CONTAINS(out.error().message(), name);
  }
}

TEST(Inject, ProbesAndMetricsGoThroughTheAgent) {
  const doc::Doc pod = inject(input()).pod;
  EXPECT_EQ(doc::toJson(container(pod, "web")["readinessProbe"]["httpGet"]),
            R"({"path":"/app-health/web/readyz","port":15020,"scheme":"HTTP"})");
  EXPECT_TRUE(container(pod, "web")["livenessProbe"]["tcpSocket"].exists());
  EXPECT_EQ(
      variable(pod, "ISTIO_KUBE_APP_PROBERS"),
      R"({"/app-health/web/readyz":{"httpGet":{"path":"/healthy","port":9080,"scheme":"HTTPS"},"timeoutSeconds":2}})");
  EXPECT_EQ(variable(pod, "ISTIO_PROMETHEUS_ANNOTATIONS"),
            R"({"path":"","port":"9080","scrape":"true"})");
  const doc::Doc off = inject(annotated("prometheus.istio.io/merge-metrics", "false")).pod;
  EXPECT_EQ(off["metadata"]["annotations"]["prometheus.io/port"].text(), "9080");
  const doc::Doc unprobed =
      inject(annotated("sidecar.istio.io/rewriteAppHTTPProbers", "false")).pod;
  EXPECT_EQ(variable(unprobed, "ISTIO_KUBE_APP_PROBERS"), "(unset)");
}

TEST(Inject, TheUrlNamesTheCluster) {
  InjectInput in = input();
  in.cluster = "c2";
  in.network = "n2";
  const doc::Doc pod = inject(in).pod;
  EXPECT_EQ(variable(pod, "ISTIO_META_CLUSTER_ID"), "c2");
  EXPECT_EQ(variable(pod, "ISTIO_META_NETWORK"), "n2");
  EXPECT_EQ(pod["metadata"]["labels"]["topology.istio.io/network"].text(), "n2");
}

TEST(Inject, AContainerOfOurNameIsAWish) {
  InjectInput in = input();
  doc::Draft pod(in.pod);
  pod["spec"]["containers"].push(
      doc::Draft(yaml("{name: istio-proxy, image: auto, env: [{name: TRUST_DOMAIN, value: x}, "
                      "{name: MORE, value: why}], "
                      "resources: {limits: {cpu: 1}}}")));
  in.pod = pod.finish();
  const doc::Doc out = inject(in).pod;
  EXPECT_EQ(out["spec"]["containers"].size(), size_t{2});
  EXPECT_EQ(container(out, "istio-proxy")["image"].text(),
            "registry.example/istio/proxyv2:1.11.7-solo");
  EXPECT_EQ(variable(out, "TRUST_DOMAIN"), "x");
  EXPECT_EQ(variable(out, "MORE"), "why");
  EXPECT_CONTAINS(out["metadata"]["annotations"]["proxy.istio.io/overrides"].text(), "\"auto\"");
}

TEST(Inject, Workloads) {
  const auto name = [](std::string_view metadata) {
    const doc::Doc pod = doc::Draft::object({{"metadata", doc::Draft(yaml(metadata))}}).finish();
    return ownerUri(workloadOf(pod), "n");
  };
  EXPECT_EQ(name("{name: bare}"), "kubernetes://apis/v1/namespaces/n/pods/bare");
  EXPECT_EQ(name("{ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: db, "
                 "controller: true}]}"),
            "kubernetes://apis/apps/v1/namespaces/n/statefulsets/db");
  EXPECT_EQ(name("{ownerReferences: [{apiVersion: batch/v1, kind: Job, name: backup-27391680, "
                 "controller: true}]}"),
            "kubernetes://apis/batch/v1/namespaces/n/cronjobs/backup");
  EXPECT_EQ(name("{ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: own, "
                 "controller: true}]}"),
            "kubernetes://apis/apps/v1/namespaces/n/replicasets/own");
}

}  // namespace
}  // namespace meshka::mesh
