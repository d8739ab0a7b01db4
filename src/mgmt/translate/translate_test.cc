// What must hold for every output, and the sentences of statuses.
#include <algorithm>

#include "mgmt/translate/test/scene.h"

namespace meshka::mgmt {
namespace {

std::string everything() {
  return cat(test::readFileOrDie("testdata/cases/federation.input.yaml"));
}

// Both cases in one input.
TranslateInput fullInput() {
  TranslateInput input = scene(everything());
  addScene(input, R"(
clusters:
  north:
    objects:
    - apiVersion: networking.gloo.solo.io/v2
      kind: RouteTable
      metadata: {name: cart, namespace: shop}
      spec:
        hosts: [cart.shop.svc.cluster.local]
        workloadSelectors: [{selector: {namespace: shop}}]
        http:
        - forwardTo:
            destinations:
            - {ref: {name: cart}, subset: {version: v1}, weight: 1}
            - {ref: {name: cart, cluster: south_1}, subset: {version: v3}, weight: 2}
)");
  return input;
}

void reverseAll(ObjectsByResource& objects) {
  for (auto& [resource, list] : objects) std::reverse(list.begin(), list.end());
}

TEST(Translate, OrderOfInputsDoesNotMatter) {
  const TranslateInput input = fullInput();
  TranslateInput shuffled = input;
  reverseAll(shuffled.admin);
  for (auto& [name, cluster] : shuffled.clusters) reverseAll(cluster.objects);
  EXPECT_EQ(outputYaml(translate(shuffled)), outputYaml(translate(input)));
}

TEST(Translate, EveryObjectIsLabelledAndNamed) {
  const TranslateOutput output = translate(fullInput());
  size_t count = 0;
  for (const auto& [cluster, objects] : output.objects) {
    for (const doc::Doc& object : objects) {
      ++count;
      const doc::Value labels = object["metadata"]["labels"];
      EXPECT_TRUE(object["metadata"]["name"].text().size() <= 63);
      EXPECT_EQ(labels["agent.gloo.solo.io"].text(), "gloo-mesh");
      EXPECT_EQ(labels["reconciler.mesh.gloo.solo.io/name"].text(), "translator");
      EXPECT_EQ(labels["relay.solo.io/cluster"].text(), cluster);
      EXPECT_EQ(labels["context.mesh.gloo.solo.io/namespace"].text(),
                object["metadata"]["namespace"].text());
      for (const char* part : {"kind", "name", "namespace", "version", "group", "cluster"}) {
        EXPECT_TRUE(labels[cat("gloo.solo.io/parent_", part)].exists());
      }
      EXPECT_FALSE(labels["gloo.solo.io/parent_name"].text().empty());
      for (const auto [key, value] : labels.members()) EXPECT_TRUE(value.text().size() <= 63);
    }
  }
  EXPECT_TRUE(count > 20);
}

TEST(Translate, NothingWithoutWorkspaces) {
  TranslateInput input = fullInput();
  input.admin.erase("workspaces.admin.gloo.solo.io");
  const TranslateOutput output = translate(input);
  EXPECT_EQ(output.objects.size(), 2u);  // told to be empty
  for (const auto& [cluster, objects] : output.objects) EXPECT_TRUE(objects.empty());
  EXPECT_EQ(stateOf(output, "cart"), "INVALID");
  EXPECT_CONTAINS(stateOf(output, "shop-settings", "message"), "belongs to no workspace");
}

TEST(Translate, SharingNeedsBothSides) {
  TranslateInput input = fullInput();
  auto& settings = input.clusters["north"].objects["workspacesettings.admin.gloo.solo.io"];
  std::erase_if(settings, [](const doc::Doc& object) {
    return object["metadata"]["name"].text() == "edge-settings";
  });
  const TranslateOutput output = translate(input);
  EXPECT_FALSE(objectNamed(output, "north", "ServiceEntry", "istio-system",
                           "vd-cart-shop-svc-south-1-global-edge")
                   .exists());
  const doc::Doc policy =
      objectNamed(output, "north", "AuthorizationPolicy", "shop", "settings-cart-80-shop");
  EXPECT_EQ(policy["spec"]["rules"][0]["from"].size(), 1u);
}

TEST(Translate, SubsetsReachBothSides) {
  const TranslateOutput output = translate(fullInput());
  const doc::Doc service =
      objectNamed(output, "north", "VirtualService", "shop", "routetable-cart-shop-north-shop");
  const doc::Value route = service["spec"]["http"][0]["route"];
  EXPECT_EQ(route[0]["destination"]["subset"].text(), "version-v1");
  EXPECT_EQ(route[0]["weight"].integer(), 34);  // 1:2, scaled to 100
  EXPECT_EQ(route[1]["destination"]["host"].text(), "cart.shop.svc.south-1.global");
  EXPECT_EQ(route[1]["weight"].integer(), 66);
  EXPECT_EQ(stateOf(output, "cart"), "WARNING");
  EXPECT_CONTAINS(stateOf(output, "cart", "message"), "sum to 3");
  // The gateway of the far cluster must know the subset.
  size_t far = 0;
  for (const doc::Doc& object : output.objects.at("south-1")) {
    if (object["kind"].text() == "DestinationRule" &&
        object["metadata"]["namespace"].text() == "istio-system" &&
        object["spec"]["host"].text() == "cart.shop.svc.south-1.global") {
      far += object["spec"]["subsets"].size();
    }
  }
  EXPECT_EQ(far, 1u);
}

TEST(Translate, MissingGatewayIsNamed) {
  TranslateInput input = fullInput();
  auto& services = input.clusters["south-1"].objects["services"];
  std::erase_if(services, [](const doc::Doc& object) {
    return object["metadata"]["name"].text() == "istio-eastwestgateway";
  });
  const TranslateOutput output = translate(input);
  EXPECT_EQ(stateOf(output, "shop-settings"), "WARNING");
  EXPECT_CONTAINS(stateOf(output, "shop-settings", "message"),
                  "cluster south-1 has no east-west gateway: there is no Service "
                  "istio-system/istio-eastwestgateway");
  EXPECT_CONTAINS(stateOf(output, "cart", "message"),
                  "spec.http[0].forwardTo.destinations[1]: cluster south-1 has no reachable "
                  "east-west gateway");
  // The route must not send everything to the other destination.
  const doc::Doc service =
      objectNamed(output, "north", "VirtualService", "shop", "routetable-cart-shop-north-shop");
  EXPECT_EQ(service["spec"]["http"][0]["fault"]["abort"]["httpStatus"].integer(), 500);
}

TEST(Translate, FederationOffIsAnErrorOfTheRoute) {
  TranslateInput input = fullInput();
  input.clusters["north"].objects.erase("workspacesettings.admin.gloo.solo.io");
  const TranslateOutput output = translate(input);
  // In the south both destinations are at home, so the table works there.
  EXPECT_EQ(stateOf(output, "cart"), "WARNING");
  EXPECT_CONTAINS(stateOf(output, "cart", "message"),
                  "is not federated, so cluster north cannot reach it: enable "
                  "options.federation in the WorkspaceSettings of workspace shop");
}

TEST(Translate, UnknownAndUnsupportedAreSaid) {
  TranslateInput input = scene(R"(
clusters:
  north:
    objects:
    - apiVersion: admin.gloo.solo.io/v2
      kind: WorkspaceSettings
      metadata: {name: s, namespace: shop}
      spec: {optoins: {}, options: {federation: {enabeld: true}}}
    - apiVersion: admin.gloo.solo.io/v2
      kind: WorkspaceSettings
      metadata: {name: second, namespace: shop, creationTimestamp: "2026-05-01T00:00:00Z"}
    - apiVersion: security.policy.gloo.solo.io/v2
      kind: WAFPolicy
      metadata: {name: waf, namespace: shop}
    - apiVersion: resilience.policy.gloo.solo.io/v2
      kind: FaultInjectionPolicy
      metadata: {name: idle, namespace: shop}
      spec: {config: {delay: {fixedDelay: 1s}}}
)");
  const TranslateOutput output = translate(input);
  EXPECT_EQ(stateOf(output, "s"), "WARNING");
  EXPECT_CONTAINS(stateOf(output, "s", "message"), "spec.optoins is not a known key");
  EXPECT_CONTAINS(stateOf(output, "s", "message"), "spec.options.federation.enabeld");
  EXPECT_EQ(stateOf(output, "second"), "INVALID");
  EXPECT_CONTAINS(stateOf(output, "second", "message"), "has the older settings shop/s");
  EXPECT_EQ(stateOf(output, "waf"), "INVALID");
  EXPECT_CONTAINS(stateOf(output, "waf", "message"), "not supported yet");
  EXPECT_EQ(stateOf(output, "idle"), "WARNING");
  EXPECT_CONTAINS(stateOf(output, "idle", "message"), "selects no route");
}

TEST(Translate, MistypedSelectorsAreSaid) {
  TranslateInput input = fullInput();
  addScene(input, R"(
clusters:
  north:
    objects:
    - apiVersion: resilience.policy.gloo.solo.io/v2
      kind: FaultInjectionPolicy
      metadata: {name: typo, namespace: shop}
      spec: {applyToRoutes: [{route: {lables: {a: b}}}], config: {delay: {fixedDelay: 1s}}}
)");
  auto& settings = input.clusters["north"].objects["workspacesettings.admin.gloo.solo.io"];
  for (doc::Doc& object : settings) {
    doc::Draft draft(object);
    if (object["metadata"]["name"].text() == "shop-settings") {
      draft["spec"]["exportTo"].at(0)["resources"] =
          doc::Draft::array({doc::Draft::object({{"kind", "SERVIC"}})});
    }
    object = draft.finish();
  }
  const TranslateOutput output = translate(input);
  EXPECT_CONTAINS(stateOf(output, "typo", "message"),
                  "spec.applyToRoutes[0].route.lables is not a known key");
  // A kind that is none must not count as all of them.
  EXPECT_CONTAINS(stateOf(output, "shop-settings", "message"), "it fits nothing");
  EXPECT_FALSE(objectNamed(output, "north", "ServiceEntry", "istio-system",
                           "vd-cart-shop-svc-south-1-global-edge")
                   .exists());
}

TEST(Translate, TheOlderWorkspaceKeepsANamespace) {
  TranslateInput input = scene(R"(
admin:
- apiVersion: admin.gloo.solo.io/v2
  kind: Workspace
  metadata: {name: a-late-one, namespace: gloo-mesh, creationTimestamp: "2026-06-01T00:00:00Z"}
  spec: {workloadClusters: [{name: "*", namespaces: [{name: "sh*"}]}, {name: nowhere, namespaces: [{name: x}]}]}
)");
  const TranslateOutput output = translate(input);
  EXPECT_EQ(stateOf(output, "a-late-one"), "WARNING");
  EXPECT_CONTAINS(stateOf(output, "a-late-one", "message"),
                  "namespace shop of cluster north belongs to the older workspace shop");
  EXPECT_CONTAINS(stateOf(output, "a-late-one", "message"),
                  "no registered cluster is called \"nowhere\"");
}

// The federation case with another Service for the southern gateway.
TranslateOutput withGateway(std::string_view service, std::string_view options = "") {
  TranslateInput input = fullInput();
  auto& services = input.clusters["south-1"].objects["services"];
  std::erase_if(services, [](const doc::Doc& object) {
    return object["metadata"]["name"].text() == "istio-eastwestgateway";
  });
  addScene(input, cat("clusters: {south-1: {objects: [", service, "]}}"));
  if (!options.empty()) {
    addScene(input, cat("admin: [{apiVersion: admin.gloo.solo.io/v2, kind: WorkspaceSettings, "
                        "metadata: {name: global, namespace: gloo-mesh}, spec: {options: {",
                        options, "}}}]"));
  }
  return translate(input);
}

doc::Doc southernCart(const TranslateOutput& output) {
  return objectNamed(output, "north", "ServiceEntry", "shop",
                     "vd-cart-shop-svc-south-1-global-shop")["spec"]
      .doc();
}

TEST(Translate, GatewaysAreReachedAsTheirServicesSay) {
  constexpr std::string_view kHead =
      "{apiVersion: v1, kind: Service, metadata: {name: istio-eastwestgateway, namespace: "
      "istio-system}, spec: {selector: {istio: eastwestgateway}, ";
  const doc::Doc by_name = southernCart(
      withGateway(cat(kHead,
                      "type: LoadBalancer, ports: [{name: tls, port: 15443}]}, "
                      "status: {loadBalancer: {ingress: [{hostname: gw.example}]}}}")));
  EXPECT_EQ(by_name["resolution"].text(), "DNS");
  EXPECT_EQ(by_name["endpoints"][0]["address"].text(), "gw.example");
  // One endpoint for each address and kind of pod.
  const doc::Doc two = southernCart(
      withGateway(cat(kHead,
                      "type: LoadBalancer, ports: [{name: tls, port: 443, targetPort: 15443}]}, "
                      "status: {loadBalancer: {ingress: [{ip: 192.0.2.1}, {ip: 192.0.2.2}]}}}")));
  EXPECT_EQ(two["endpoints"].size(), 4u);
  EXPECT_EQ(two["endpoints"][0]["ports"]["http-80"].integer(), 443);

  const TranslateOutput waiting =
      withGateway(cat(kHead, "type: LoadBalancer, ports: [{name: tls, port: 15443}]}}"));
  EXPECT_FALSE(southernCart(waiting).exists());
  EXPECT_CONTAINS(stateOf(waiting, "shop-settings", "message"),
                  "east-west gateway istio-system/istio-eastwestgateway of cluster south-1 has no "
                  "address yet");
}

TEST(Translate, GlobalSettingsChooseAnotherGateway) {
  const doc::Doc entry = southernCart(withGateway(
      "{apiVersion: v1, kind: Service, metadata: {name: mine, namespace: istio-system, labels: "
      "{gw: ew}}, spec: {selector: {istio: mine}, ports: [{name: other, port: 9443}]}}",
      "eastWestGateways: [{selector: {labels: {gw: ew}}, port: {name: other}, "
      "hostInfoOverrides: [{addr: 198.51.100.7, port: 30443}]}]"));
  EXPECT_EQ(entry["endpoints"][0]["address"].text(), "198.51.100.7");
  EXPECT_EQ(entry["endpoints"][0]["ports"]["http-80"].integer(), 30443);
}

TEST(Translate, RootsThatDifferAreSaid) {
  TranslateInput input = fullInput();
  const auto root = [&](const char* cluster, const char* bundle) {
    addScene(input, cat("clusters: {", cluster,
                        ": {objects: [{apiVersion: v1, kind: ConfigMap, "
                        "metadata: {name: istio-ca-root-cert, namespace: shop}, data: "
                        "{root-cert.pem: \"",
                        bundle, "\"}}]}}"));
  };
  root("north", "A-----END CERTIFICATE-----\n");
  root("south-1", "B-----END CERTIFICATE-----\n");
  EXPECT_CONTAINS(stateOf(translate(input), "shop-settings", "message"), "trust different roots");
  input.clusters["south-1"].objects["configmaps"].pop_back();
  root("south-1", "B-----END CERTIFICATE-----\nA-----END CERTIFICATE-----\n");
  EXPECT_EQ(stateOf(translate(input), "shop-settings"), "ACCEPTED");
}

TEST(Translate, TwoTablesForOneHost) {
  TranslateInput input = scene(R"(
clusters:
  north:
    objects:
    - apiVersion: networking.gloo.solo.io/v2
      kind: RouteTable
      metadata: {name: first, namespace: shop, creationTimestamp: "2026-02-01T00:00:00Z"}
      spec: {hosts: [a.example], http: [{forwardTo: {destinations: [{ref: {name: cart}}]}}]}
    - apiVersion: networking.gloo.solo.io/v2
      kind: RouteTable
      metadata: {name: a-later, namespace: shop, creationTimestamp: "2026-03-01T00:00:00Z"}
      spec: {hosts: [a.example], http: [{forwardTo: {destinations: [{ref: {name: cart}}]}}]}
    - apiVersion: networking.gloo.solo.io/v2
      kind: RouteTable
      metadata: {name: orphan, namespace: shop}
      spec: {http: [{delegate: {routeTables: [{name: orphan}]}}]}
    - apiVersion: networking.gloo.solo.io/v2
      kind: RouteTable
      metadata: {name: circle, namespace: shop}
      spec: {hosts: [b.example], http: [{delegate: {routeTables: [{name: round}]}}]}
    - apiVersion: networking.gloo.solo.io/v2
      kind: RouteTable
      metadata: {name: round, namespace: shop}
      spec: {http: [{delegate: {routeTables: [{name: round}]}}]}
)");
  const TranslateOutput output = translate(input);
  EXPECT_EQ(stateOf(output, "first"), "ACCEPTED");
  EXPECT_EQ(stateOf(output, "a-later"), "INVALID");
  EXPECT_CONTAINS(stateOf(output, "a-later", "message"), "older RouteTable shop/first");
  EXPECT_CONTAINS(stateOf(output, "orphan", "message"), "no RouteTable delegates");
  EXPECT_CONTAINS(stateOf(output, "round", "message"), "delegates back here");
  EXPECT_EQ(stateOf(output, "circle"), "INVALID");
}

}  // namespace
}  // namespace meshka::mgmt
