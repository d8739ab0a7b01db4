#include "base/test/test.h"
#include "doc/json.h"
#include "doc/yaml.h"
#include "mesh/install/apply.h"
#include "mesh/install/operator.h"
#include "mesh/install/overlay.h"
#include "mesh/install/owner.h"
#include "mesh/install/render.h"
#include "mesh/install/schema_files.h"

namespace meshka::mesh {
namespace {

doc::Doc yaml(std::string_view text) {
  auto parsed = doc::parseYamlDocument(text);
  return parsed ? *parsed : doc::Doc();
}

std::string layered(std::string_view base, std::string_view over) {
  return doc::toJson(mergeLayer(doc::Draft(yaml(base)), yaml(over)).finish());
}

Result<Installation> merged(std::string_view spec, std::vector<std::string> sets = {},
                            bool strict = false, bool force = false) {
  OperatorInput input;
  input.files.push_back({"-", cat("apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\n"
                                  "spec: ",
                                  spec)});
  input.sets = std::move(sets);
  input.strict_upstream = strict;
  input.force = force;
  return mergeOperator(input);
}

std::string errorOf(std::string_view spec, std::vector<std::string> sets = {},
                    bool strict = false) {
  const auto installation = merged(spec, std::move(sets), strict);
  return installation ? "no error" : installation.error().message();
}

TEST(merge, maps_merge_null_deletes_other_lists_replace) {
  EXPECT_EQ(layered("{a: {x: 1, y: 2}, l: [1, 2]}", "{a: {y: null, z: 3}, l: [3]}"),
            R"({"a":{"x":1,"z":3},"l":[3]})");
}

TEST(merge, gateways_merge_by_name) {
  EXPECT_EQ(layered("ingressGateways: [{name: a, enabled: false, k8s: {env: []}}]",
                    "ingressGateways: [{name: a, enabled: true}, {name: b}]"),
            R"({"ingressGateways":[{"enabled":true,"k8s":{"env":[]},"name":"a"},{"name":"b"}]})");
}

TEST(merge, set_paths) {
  doc::Draft spec(yaml("{gateways: [{name: a}, {name: b}]}"));
  EXPECT_OK(setPath(spec, "gateways[1].enabled=true"));
  EXPECT_OK(setPath(spec, "gateways.[name:a].count=3"));
  EXPECT_OK(setPath(spec, "labels.topology\\.istio\\.io/network=n1"));
  EXPECT_EQ(doc::toJson(spec.finish()),
            R"({"gateways":[{"count":3,"name":"a"},{"enabled":true,"name":"b"}],)"
            R"("labels":{"topology.istio.io/network":"n1"}})");
  EXPECT_CONTAINS(setPath(spec, "gateways[name:c].x=1").error().message(), "no element [name:c]");
  EXPECT_EQ(setPath(spec, "a=b=c").error().message(),
            "set flag a=b=c has incorrect format, must be path=value");
}

TEST(merge, hub_and_tag_of_empty_variables_are_the_built_in_ones) {
  for (const char* spec : {"{hub: , tag: }", "{hub: '', tag: ''}", "{}"}) {
    const auto installation = merged(spec);
    ASSERT_OK(installation);
    EXPECT_EQ(installation->spec["hub"].text(), "docker.io/istio");
    EXPECT_EQ(installation->spec["tag"].text(), "1.11.7");
  }
}

TEST(merge, profiles) {
  EXPECT_EQ(merged("{}")->profile, "default");
  const auto minimal = merged("{profile: minimal}");
  EXPECT_FALSE(minimal->spec["components"]["ingressGateways"][size_t{0}]["enabled"].boolean());
  EXPECT_EQ(renderComponents(*merged("{profile: empty}"), {})->components.size(), 0u);
  EXPECT_EQ(merged("{profile: minimal}", {"profile=default"})->profile, "default");
  EXPECT_CONTAINS(errorOf("{profile: nosuch}"), "open profiles/nosuch.yaml: file does not exist");
  EXPECT_TRUE(merged("{profile: demo}").error().code() == Code::kUnsupported);
}

TEST(merge, unknown_fields_are_named) {
  EXPECT_CONTAINS(errorOf("{nonsense: 1}"),
                  "could not unmarshal merged YAML: unknown field \"nonsense\" in "
                  "v1alpha1.IstioOperatorSpec (at spec.nonsense)");
  EXPECT_CONTAINS(
      errorOf("{components: {ingressGateways: [{name: a, lable: {}}]}}"),
      "\"lable\" in v1alpha1.GatewaySpec (at spec.components.ingressGateways[0].lable)");
  EXPECT_CONTAINS(errorOf("{meshConfig: {defaultConfig: {holdApplication: true}}}"),
                  "failed to unmarshall mesh config: unknown field \"holdApplication\" in "
                  "v1alpha1.ProxyConfig");
  EXPECT_CONTAINS(errorOf("{}", {"values.fooValues.x=1"}),
                  "unknown field \"fooValues\" in v1alpha1.Values");
  const auto warned = merged("{values: {pilot: {nodeSelector: {a: b}}}}");
  ASSERT_OK(warned);
  ASSERT_EQ(warned->warnings.size(), 1u);
  EXPECT_CONTAINS(warned->warnings[0],
                  "spec.values.pilot.nodeSelector is accepted and has no effect");
}

TEST(merge, values_are_checked) {
  EXPECT_EQ(errorOf("{meshConfig: {trustDomain: a_b}}", {}, true),
            "validation errors (use --force to override): \n1 error occurred:\n\t* trustDomain: "
            "trust domain name \"a_b\" invalid");
  EXPECT_CONTAINS(errorOf("{meshConfig: {trustDomain: 'a b'}}"),
                  "trust domain name \"a b\" invalid");
  const auto forced = merged("{meshConfig: {trustDomain: 'a b'}}", {}, false, true);
  ASSERT_OK(forced);
  EXPECT_CONTAINS(forced->warnings[0], "ignored because of --force");
  EXPECT_EQ(errorOf("{components: {ingressGateways: [{name: istio-ingressgateway, k8s: {service: "
                    "{ports: [{name: http2, port: 80, targetPort: 80}]}}}]}}"),
            "generated config failed semantic validation: port http2/80 in gateway "
            "istio-ingressgateway invalid: targetPort is set to 80, which requires root. Set "
            "targetPort to be greater than 1024 or configure "
            "values.gateways.istio-ingressgateway.runAsRoot=true");
  EXPECT_CONTAINS(errorOf("{components: {base: {k8s: {replicaCount: 2}}}}"),
                  "base component can only have k8s.overlays, not other K8s settings");
  EXPECT_CONTAINS(errorOf("{revision: A_B}"), "invalid revision specified: A_B");
  EXPECT_CONTAINS(errorOf("{components: {cni: {enabled: true}}}"),
                  "component cni is not supported yet");
}

TEST(merge, three_ways) {
  const doc::Doc live = yaml(
      "{metadata: {labels: {mine: x, old: y}, uid: u}, spec: {clusterIP: 10.0.0.1, ports: "
      "[{name: a, port: 1, nodePort: 30000}, {name: gone, port: 9}]}}");
  const doc::Doc last = yaml("{metadata: {labels: {old: y}}, spec: {ports: [{name: a, port: 1}]}}");
  const doc::Doc desired = yaml("{metadata: {labels: {}}, spec: {ports: [{name: a, port: 2}]}}");
  EXPECT_EQ(doc::toJson(mergeThreeWay(live, last, desired)),
            R"({"metadata":{"labels":{"mine":"x"},"uid":"u"},"spec":{"clusterIP":"10.0.0.1",)"
            R"("ports":[{"name":"a","nodePort":30000,"port":2}]}})");
}

TEST(merge, what_istiod_writes_into_webhooks_stays) {
  const doc::Doc live = yaml(
      "{webhooks: [{name: v, clientConfig: {caBundle: Q0E=}, failurePolicy: Fail, "
      "timeoutSeconds: 10}]}");
  const doc::Doc desired =
      yaml("{webhooks: [{name: v, clientConfig: {caBundle: ''}, failurePolicy: Ignore}]}");
  EXPECT_TRUE(mergeThreeWay(live, {}, desired) == live);
}

TEST(merge, k8s_settings_reach_their_objects) {
  const auto installation = merged(
      "{profile: minimal, components: {pilot: {k8s: {replicaCount: 2, env: [{name: REVISION, "
      "value: x}, {name: NEW, value: y}], resources: {requests: {cpu: 1}}, podAnnotations: {a: b}, "
      "hpaSpec: {minReplicas: 2}, overlays: [{kind: Service, name: istiod, patches: [{path: "
      "'spec.ports.[name:grpc-xds].port', value: 15110}]}, {kind: Service, name: none}]}}}}");
  ASSERT_OK(installation);
  const auto rendering = renderComponents(*installation, {});
  ASSERT_OK(rendering);
  ASSERT_EQ(rendering->warnings.size(), 1u);
  EXPECT_CONTAINS(rendering->warnings[0], "there is no Service none to patch");
  for (const doc::Doc& object : manifestOrder(*rendering)) {
    if (object["metadata"]["name"].text() != "istiod") continue;
    const std::string_view kind = object["kind"].text();
    const doc::Value spec = object["spec"];
    if (kind == "Deployment") {
      const doc::Value container = spec["template"]["spec"]["containers"][size_t{0}];
      EXPECT_EQ(spec["replicas"].integer(), 2);
      EXPECT_EQ(container["env"][size_t{0}]["name"].text(), "NEW");
      EXPECT_EQ(container["env"][size_t{1}]["value"].text(), "x");
      EXPECT_EQ(container["resources"]["requests"]["cpu"].integer(), 1);
      EXPECT_EQ(container["resources"]["requests"]["memory"].text(), "2048Mi");
      EXPECT_EQ(spec["template"]["metadata"]["annotations"]["a"].text(), "b");
    }
    if (kind == "HorizontalPodAutoscaler") EXPECT_EQ(spec["minReplicas"].integer(), 2);
    if (kind == "Service") EXPECT_EQ(spec["ports"][size_t{0}]["port"].integer(), 15110);
  }
}

// Every field of every type with a value of every kind: an answer or an error, never an abort.
void tryEverything(std::string_view type, const std::string& path, int depth, size_t& tried) {
  if (type.starts_with('[')) {
    tryEverything(type.substr(1, type.size() - 2), cat(path, "[0]"), depth, tried);
    return;
  }
  for (const auto& [field, next] : istioFiles().fields[type].members()) {
    const std::string here = path.empty() ? std::string(field) : cat(path, ".", field);
    for (const char* value : {"5", "text", "true", "[1]", "['a']", "[{a: 1}]", "{a: 1}", "[]"}) {
      auto installation = merged("{}", {cat(here, "=", value)});
      ++tried;
      if (!installation) continue;
      ClusterFacts newer;
      newer.policy_v1beta1 = newer.autoscaling_beta = false;
      const auto rendering = renderComponents(*installation, newer);
      if (!rendering) continue;
      for (const Component& component : rendering->components) {
        for (const doc::Doc& object : installOrder(component))
          (void)withOwner(object, component.name, *installation);
      }
    }
    if (depth < 5) tryEverything(next.text(), here, depth + 1, tried);
  }
}

TEST(merge, no_kind_of_value_aborts) {
  size_t tried = 0;
  tryEverything("v1alpha1.IstioOperatorSpec", "", 0, tried);
  EXPECT_TRUE(tried > 1000);
}

TEST(merge, settings_of_the_wrong_type_are_named) {
  const auto installation = merged("{components: {pilot: {k8s: {service: 5}}}}");
  ASSERT_OK(installation);
  EXPECT_CONTAINS(renderComponents(*installation, {}).error().message(),
                  "k8s.service of istiod must be of type object");
  const auto patched = merged(
      "{components: {pilot: {k8s: {overlays: [{kind: Deployment, name: istiod, patches: [{path: "
      "spec, value: 5}]}]}}}}");
  ASSERT_OK(patched);
  EXPECT_CONTAINS(renderComponents(*patched, {}).error().message(),
                  "k8s.overlays of Deployment istiod: a patch makes it no Deployment");
}

TEST(merge, tags_that_look_like_numbers) {
  EXPECT_EQ(merged("{tag: 1.11}")->spec["tag"].text(), "1.11");
}

TEST(merge, newer_servers_get_newer_versions) {
  ClusterFacts facts;
  facts.policy_v1beta1 = facts.autoscaling_beta = false;
  for (const doc::Doc& object : manifestOrder(*renderComponents(*merged("{}"), facts))) {
    const std::string_view kind = object["kind"].text();
    if (kind == "PodDisruptionBudget") EXPECT_EQ(object["apiVersion"].text(), "policy/v1");
    if (kind != "HorizontalPodAutoscaler") continue;
    EXPECT_EQ(object["apiVersion"].text(), "autoscaling/v2");
    EXPECT_EQ(doc::toJson(object["spec"]["metrics"][size_t{0}]["resource"]),
              R"({"name":"cpu","target":{"averageUtilization":80,"type":"Utilization"}})");
  }
}

TEST(merge, revisions_have_names_of_their_own) {
  const auto installation = merged("{revision: canary}");
  ASSERT_OK(installation);
  EXPECT_EQ(installedStateName(*installation), "installed-state-canary");
  size_t webhooks = 0;
  for (const doc::Doc& object : manifestOrder(*renderComponents(*installation, {}))) {
    const std::string_view name = object["metadata"]["name"].text();
    if (object["kind"].text() == "MutatingWebhookConfiguration") {
      EXPECT_EQ(name, "istio-sidecar-injector-canary");
      webhooks += object["webhooks"].size();
    }
    if (object["kind"].text() == "ValidatingWebhookConfiguration") {
      EXPECT_EQ(name, "istio-validator-canary-istio-system");
      webhooks += object["webhooks"].size();
    }
  }
  EXPECT_EQ(webhooks, 3u);
}

}  // namespace
}  // namespace meshka::mesh
