// What the index decides: addresses that stay, owners of WorkloadEntries, policies per port.
#include "mesh/model/model.h"

#include <set>

#include "base/strings.h"
#include "base/test/test.h"
#include "doc/yaml.h"
#include "mesh/translate/translate.h"

namespace meshka::mesh {
namespace {

doc::Doc yaml(std::string_view text) {
  return *doc::parseYamlDocument(text);
}

doc::Doc entry(std::string_view name, std::string_view host, std::string_view labels = "{}") {
  return yaml(cat("{metadata: {name: ", name, ", namespace: shop, labels: ", labels,
                  "}, spec: {hosts: [", host,
                  "], location: MESH_INTERNAL, resolution: STATIC, workloadSelector: {labels: "
                  "{app: cart}}, ports: [{number: 80, name: http, protocol: HTTP}]}}"));
}

doc::Doc gatewayEntry(std::string_view name, std::string_view labels) {
  return yaml(cat("{metadata: {name: ", name, ", namespace: shop, labels: ", labels,
                  "}, spec: {address: 10.2.0.1, ports: {http: 15443}, labels: {app: cart}}}"));
}

size_t endpointsAt(const Model& model, std::string_view host) {
  const Service* service = model.service(host, "shop");
  return service == nullptr ? 99 : service->endpoints.size();
}

doc::Doc peer(std::string_view name, std::string_view ns, std::string_view spec) {
  return yaml(cat("{metadata: {name: ", name, ", namespace: ", ns, "}, spec: ", spec, "}"));
}

}  // namespace

TEST(model, addresses_stay_when_others_come) {
  Objects few, many;
  few.service_entries.push_back(entry("b", "b.global"));
  many.service_entries.push_back(entry("a", "a.global"));
  many.service_entries.push_back(entry("b", "b.global"));
  many.service_entries.push_back(entry("c", "c.global"));
  const Model one(std::move(few), {});
  const Model three(std::move(many), {});
  const std::string address = one.service("b.global", "shop")->auto_address;
  EXPECT_TRUE(address.starts_with("240.240."));
  EXPECT_EQ(three.service("b.global", "shop")->auto_address, address);
  EXPECT_FALSE(three.service("a.global", "shop")->auto_address == address);
}

TEST(model, many_hosts_get_addresses_of_their_own) {
  Objects objects;
  for (int i = 0; i < 2000; ++i) {
    objects.service_entries.push_back(entry(cat("e", i), cat("h", i, ".global")));
  }
  const Model model(std::move(objects), {});
  std::set<std::string> seen;
  for (const Service& service : model.services()) {
    EXPECT_TRUE(seen.insert(service.auto_address).second);
  }
  EXPECT_EQ(seen.size(), 2000u);
}

TEST(model, a_translators_workload_belongs_to_one_entry) {
  const std::string_view translator = "{reconciler.mesh.gloo.solo.io/name: translator}";
  Objects objects;
  objects.service_entries.push_back(entry("vd-cart-shop-global-ws", "cart.shop.global"));
  objects.service_entries.push_back(
      entry("vd-cart-shop-svc-west-global-ws", "cart.shop.svc.west.global"));
  objects.workload_entries.push_back(
      gatewayEntry("vd-cart-shop-global-ws-app-cart-east", translator));
  const Model model(std::move(objects), {});
  EXPECT_EQ(endpointsAt(model, "cart.shop.global"), 1u);
  EXPECT_EQ(endpointsAt(model, "cart.shop.svc.west.global"), 0u);
}

TEST(model, parents_decide_before_names) {
  const std::string_view vd =
      "{reconciler.mesh.gloo.solo.io/name: translator, gloo.solo.io/parent_kind: "
      "VirtualDestination, gloo.solo.io/parent_name: cart}";
  const std::string_view service =
      "{gloo.solo.io/parent_kind: Service, gloo.solo.io/parent_name: cart}";
  Objects objects;
  objects.service_entries.push_back(entry("cut-1a2b", "cart.shop.global", vd));
  objects.service_entries.push_back(entry("cut", "cart.shop.svc.west.global", service));
  objects.workload_entries.push_back(gatewayEntry("cut-9f8e", vd));
  const Model model(std::move(objects), {});
  EXPECT_EQ(endpointsAt(model, "cart.shop.global"), 1u);
  EXPECT_EQ(endpointsAt(model, "cart.shop.svc.west.global"), 0u);
}

TEST(model, anybodys_workload_is_for_all_that_select_it) {
  Objects objects;
  objects.service_entries.push_back(entry("one", "one.global"));
  objects.service_entries.push_back(entry("two", "two.global"));
  objects.workload_entries.push_back(gatewayEntry("vm", "{}"));
  const Model model(std::move(objects), {});
  EXPECT_EQ(endpointsAt(model, "one.global"), 1u);
  EXPECT_EQ(endpointsAt(model, "two.global"), 1u);
}

TEST(model, accounts_and_headless_pods_reach_beyond_endpoints) {
  const auto with = [](std::string_view ip, std::string_view account, bool headless) {
    Objects objects;
    objects.services.push_back(
        yaml(cat("{metadata: {name: a, namespace: shop}, spec: {clusterIP: ",
                 headless ? "None" : "10.96.0.1", ", ports: [{name: tcp, port: 80}]}}")));
    objects.pods.push_back(yaml(cat("{metadata: {name: a-1, namespace: shop}, spec: "
                                    "{serviceAccountName: ", account, "}, status: {podIP: ", ip, "}}")));
    objects.endpoint_slices.push_back(
        yaml(cat("{metadata: {name: a, namespace: shop, labels: {kubernetes.io/service-name: a}}, "
                 "ports: [{name: tcp, port: 80}], endpoints: [{addresses: [", ip, "]}]}")));
    return makeModel(std::move(objects), {});
  };
  const auto one = with("10.0.0.1", "cart", false);
  EXPECT_FALSE(reachesBeyondEndpoints(*one, *with("10.0.0.2", "cart", false)));
  EXPECT_TRUE(reachesBeyondEndpoints(*one, *with("10.0.0.1", "other", false)));
  EXPECT_TRUE(reachesBeyondEndpoints(*with("10.0.0.1", "cart", true), *with("10.0.0.2", "cart", true)));
}

TEST(peers, narrow_before_wide_and_each_port_for_itself) {
  std::vector<doc::Doc> policies;
  policies.push_back(peer("mesh", "istio-system", "{mtls: {mode: STRICT}}"));
  policies.push_back(peer("shop", "shop", "{mtls: {mode: DISABLE}}"));
  policies.push_back(peer(
      "a", "shop", "{selector: {matchLabels: {app: x}}, portLevelMtls: {'80': {mode: STRICT}}}"));
  policies.push_back(peer("b", "shop",
                          "{selector: {matchLabels: {app: x}}, portLevelMtls: {'81': {mode: "
                          "PERMISSIVE}, '80': {mode: DISABLE}}}"));
  const PeerPolicies x(policies, "shop", {{"app", "x"}}, "istio-system");
  EXPECT_TRUE(x.mode(80) == MutualTls::kStrict);
  EXPECT_TRUE(x.mode(81) == MutualTls::kPermissive);
  EXPECT_TRUE(x.mode(82) == MutualTls::kDisable);
  EXPECT_EQ(x.ports().size(), 2u);
  const PeerPolicies far(policies, "far", {{"app", "x"}}, "istio-system");
  EXPECT_TRUE(far.mode(80) == MutualTls::kStrict);
  EXPECT_TRUE(PeerPolicies({}, "far", {}, "istio-system").mode() == MutualTls::kPermissive);
}

}  // namespace meshka::mesh
