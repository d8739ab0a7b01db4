// The webhooks' framing, and damaged documents.
#include "base/test/test.h"
#include "doc/yaml.h"
#include "mesh/inject/shape.h"
#include "mesh/istiod/admission_fuzz.h"
#include "mesh/istiod/webhooks.h"
#include "sim/world.h"

namespace meshka::mesh {
namespace {

doc::Doc yaml(std::string_view text) {
  const auto parsed = doc::parseYamlDocument(text);
  EXPECT_OK(parsed);
  return parsed ? *parsed : doc::Doc();
}

struct TestSource final : ConfigSource {
  const doc::Doc* injectionConfig() const override { return there ? &map : nullptr; }
  const doc::Doc& meshDocument() const override { return mesh; }
  const IstiodOptions& istiodOptions() const override { return options; }
  bool there = true;
  doc::Doc map = yaml(
      "{data: {values: '{\"global\":{\"hub\":\"h\",\"tag\":\"t\"}}', config: 'policy: enabled'}}");
  doc::Doc mesh = yaml("{trustDomain: td}");
  IstiodOptions options;
};

struct Fixture {
  Result<doc::Doc> review(std::string_view path, std::string_view object) {
    doc::Draft r = doc::Draft::object({{"apiVersion", "admission.k8s.io/v1"}});
    r["kind"] = "AdmissionReview";
    r["request"]["uid"] = "u1";
    r["request"]["namespace"] = "shop";
    r["request"]["object"] = doc::Draft(yaml(object));
    return webhooks.review(path, r.finish());
  }
  sim::SimWorld sim{1};
  io::World world = sim.world();
  TestSource source;
  Webhooks webhooks{world, source};
};

constexpr std::string_view kPod =
    "{metadata: {name: web}, spec: {containers: [{name: web, image: i, ports: [{name: http, "
    "containerPort: 80}], "
    "readinessProbe: {httpGet: {port: http}}}], volumes: [{name: v}]}}";

std::string patchOf(doc::Value review) {
  return base64Decode(review["response"]["patch"].text()).value_or("?");
}

TEST(Webhooks, Inject) {
  Fixture f;
  const auto plain = f.review("/inject", kPod);
  ASSERT_OK(plain);
  EXPECT_TRUE((*plain)["response"]["allowed"].boolean());
  EXPECT_EQ((*plain)["response"]["uid"].text(), "u1");
  EXPECT_EQ((*plain)["response"]["patchType"].text(), "JSONPatch");
  EXPECT_CONTAINS(patchOf(*plain), R"("image":"h/proxyv2:t")");
  for (const char* path : {"/inject/cluster/c1/net/n1", "/inject/:ENV:cluster=c1:ENV:net=n1"}) {
    const auto named = f.review(path, kPod);
    ASSERT_OK(named);
    EXPECT_CONTAINS(patchOf(*named), R"({"name":"ISTIO_META_CLUSTER_ID","value":"c1"})");
    EXPECT_CONTAINS(patchOf(*named), R"({"name":"ISTIO_META_NETWORK","value":"n1"})");
  }
  EXPECT_EQ(f.webhooks.counters().injected, uint64_t{3});
  f.source.there = false;
  const auto without = f.review("/inject", kPod);
  ASSERT_OK(without);
  EXPECT_FALSE((*without)["response"]["allowed"].boolean(true));
  EXPECT_CONTAINS((*without)["response"]["status"]["message"].text(),
                  "istio-sidecar-injector is missing");
}

TEST(Webhooks, ValidateAndNonsense) {
  Fixture f;
  const auto bad = f.review("/validate", "{kind: Gateway, spec: {}}");
  ASSERT_OK(bad);
  EXPECT_FALSE((*bad)["response"]["allowed"].boolean(true));
  EXPECT_EQ((*bad)["response"]["status"]["message"].text(),
            "configuration is invalid: gateway must have at least one server");
  EXPECT_TRUE((*f.review("/validate", "{kind: Other}"))["response"]["allowed"].boolean());
  EXPECT_FALSE(f.review("/elsewhere", kPod).has_value());
  EXPECT_FALSE(f.webhooks.review("/inject", yaml("{kind: AdmissionReview}")).has_value());
  EXPECT_FALSE(f.webhooks.review("/inject", yaml("[]")).has_value());
}

TEST(Webhooks, MalformedPodsAreNamed) {
  const std::pair<const char*, const char*> kCases[] = {
      {"[]", "object"},
      {"{metadata: x, spec: {}}", "metadata"},
      {"{metadata: {labels: [a]}, spec: {containers: []}}", "metadata.labels"},
      {"{metadata: {annotations: {a: 1}}, spec: {containers: []}}", "metadata.annotations.a"},
      {"{metadata: {}, spec: {containers: {}}}", "spec.containers"},
      {"{metadata: {}, spec: {containers: [1]}}", "spec.containers[0]"},
      {"{metadata: {}, spec: {containers: [{name: a, ports: [x]}]}}",
       "spec.containers[0].ports[0]"},
      {"{metadata: {}, spec: {containers: [{name: a, livenessProbe: {httpGet: x}}]}}",
       "livenessProbe.httpGet"},
      {"{metadata: {}, spec: {containers: [], volumes: [{}]}}", "spec.volumes[0].name"},
      {"{metadata: {}, spec: {containers: [], securityContext: x}}", "spec.securityContext"}};
  for (const auto& [pod, path] : kCases) {
    const auto checked = checkPodShape(yaml(pod));
    ASSERT_TRUE(!checked);
    EXPECT_CONTAINS(checked.error().message(), path);
  }
  EXPECT_OK(checkPodShape(yaml(kPod)));
}

// Every value of a good document replaced by every kind of value.
void damage(const doc::Doc& whole, doc::Value at, const std::string& path) {
  const doc::Draft kReplacements[] = {
      nullptr, 1, true, "x", doc::Draft::array({1}), doc::Draft::object({{"a", 1}})};
  for (const doc::Draft& replacement : kReplacements) {
    const doc::Doc patch =
        doc::Draft::array(
            {doc::Draft::object({{"op", "replace"}, {"path", path}, {"value", replacement}})})
            .finish();
    const auto damaged = doc::applyJsonPatch(whole, patch);
    if (damaged) fuzzAdmission(doc::toJson(*damaged));
  }
  for (size_t i = 0; i < at.size(); ++i) {
    std::string key = at.isObject() ? std::string(at.keyAt(i)) : cat(i);
    if (key.find('/') == key.npos) damage(whole, at[i], cat(path, "/", key));
  }
}

TEST(Webhooks, DamagedDocumentsDoNoHarm) {
  const std::string_view kWhole[] = {
      "{metadata: {name: a, labels: {a: b}, annotations: {c: d}, ownerReferences: [{controller: "
      "true, kind: Job, name: "
      "j}]}, spec: {containers: [{name: web, ports: [{name: p, containerPort: 1}], readinessProbe: "
      "{httpGet: {port: p, "
      "scheme: HTTPS}, timeoutSeconds: 1}}, {name: istio-proxy, env: [{name: A, value: B}], "
      "resources: {limits: {cpu: 1}}}], "
      "initContainers: [{name: i}], volumes: [{name: v}], securityContext: {}, imagePullSecrets: "
      "[{name: s}]}}",
      "{kind: VirtualService, spec: {hosts: [a], gateways: [b], http: [{match: [{uri: {regex: a}, "
      "headers: {h: {exact: b}}}], "
      "fault: {delay: {fixedDelay: 1s, percentage: {value: 1}}, abort: {httpStatus: 500}}, "
      "retries: {attempts: 1}, "
      "route: [{destination: {host: a, port: {number: 1}}, weight: 100}]}], tls: [{match: "
      "[{sniHosts: [a]}], route: []}]}}",
      "{kind: DestinationRule, spec: {host: a, trafficPolicy: {tls: {mode: MUTUAL}, "
      "portLevelSettings: [{port: {number: 1}}], "
      "connectionPool: {tcp: {maxConnections: 1}}}, subsets: [{name: a}]}}",
      "{kind: ServiceEntry, spec: {hosts: [a], addresses: [1.2.3.4], ports: [{number: 1, name: "
      "a}], endpoints: [{address: b, "
      "ports: {a: 1}}]}}",
      "{kind: AuthorizationPolicy, spec: {rules: [{from: [{source: {ipBlocks: [a]}}], to: "
      "[{operation: {ports: ['1']}}], when: "
      "[{key: a, values: [b]}]}]}}"};
  for (const std::string_view text : kWhole) {
    const doc::Doc whole = yaml(text);
    damage(whole, whole, "");
  }
}

}  // namespace
}  // namespace meshka::mesh
