// The whole way between two clusters without a network: what translate() writes, given to istiod's
// own translation in both, must make one chain: the client's split, the far gateway's server name,
// the pods behind it, and the identities that each side accepts.
#include <algorithm>

#include "doc/json.h"
#include "mesh/translate/translate.h"
#include "mgmt/translate/test/scene.h"

namespace meshka::mgmt {
namespace {

std::vector<doc::Doc> made(const TranslateOutput& output, const std::string& cluster,
                           std::string_view kind) {
  std::vector<doc::Doc> found;
  for (const doc::Doc& object : output.objects.at(cluster)) {
    if (object["kind"].text() == kind) found.push_back(object);
  }
  return found;
}

std::vector<doc::Doc> slices(const TranslateInput& input, const std::string& cluster) {
  std::vector<doc::Doc> found;
  for (const doc::Doc& pod : input.clusters.at(cluster).objects.at("pods")) {
    const auto slice = doc::parseYamlDocument(
        cat("{kind: EndpointSlice, metadata: {namespace: shop, name: cart-",
            pod["metadata"]["name"].text(),
            ", labels: {kubernetes.io/service-name: cart}}, addressType: IPv4, "
            "ports: [{name: http, port: 8080}], endpoints: [{addresses: [",
            pod["status"]["podIP"].text(),
            "], conditions: {ready: true}, targetRef: {kind: Pod, namespace: shop, name: ",
            pod["metadata"]["name"].text(), "}}]}"));
    EXPECT_OK(slice);
    if (slice) found.push_back(*slice);
  }
  return found;
}

std::shared_ptr<const mesh::Model> istiod(const TranslateInput& input,
                                          const TranslateOutput& output,
                                          const std::string& cluster) {
  const ObjectsByResource& own = input.clusters.at(cluster).objects;
  mesh::Objects objects;
  objects.namespaces = own.at("namespaces");
  objects.nodes = own.at("nodes");
  objects.services = own.at("services");
  objects.pods = own.at("pods");
  objects.endpoint_slices = slices(input, cluster);
  objects.virtual_services = made(output, cluster, "VirtualService");
  objects.destination_rules = made(output, cluster, "DestinationRule");
  objects.service_entries = made(output, cluster, "ServiceEntry");
  objects.workload_entries = made(output, cluster, "WorkloadEntry");
  objects.gateways = made(output, cluster, "Gateway");
  objects.peer_authentications = made(output, cluster, "PeerAuthentication");
  objects.authorization_policies = made(output, cluster, "AuthorizationPolicy");
  mesh::MeshConfig config;
  config.trust_domain = input.clusters.at(cluster).given_name;
  config.cluster_id = config.trust_domain;
  config.skip_validate_trust_domain = true;
  return mesh::makeModel(std::move(objects), std::move(config));
}

mesh::ProxyIdentity sidecar(std::string cluster, std::string pod, std::string ip,
                            std::map<std::string, std::string> labels) {
  mesh::ProxyIdentity proxy;
  proxy.ns = "shop";
  proxy.service_account = "cart";
  proxy.pod = std::move(pod);
  proxy.ip = std::move(ip);
  proxy.dns_domain = "shop.svc.cluster.local";
  proxy.cluster_id = std::move(cluster);
  proxy.labels = std::move(labels);
  return proxy;
}

mesh::ProxyIdentity eastWest(std::string cluster) {
  mesh::ProxyIdentity proxy;
  proxy.router = true;
  proxy.ns = "istio-system";
  proxy.ip = "10.5.0.99";
  proxy.pod = "istio-eastwestgateway-x";
  proxy.dns_domain = "istio-system.svc.cluster.local";
  proxy.cluster_id = std::move(cluster);
  proxy.labels = {{"istio", "eastwestgateway"}};
  return proxy;
}

std::string json(const std::vector<mesh::NamedResource>& resources, std::string_view name) {
  for (const mesh::NamedResource& resource : resources) {
    if (resource.name == name) return doc::toJson(resource.config);
  }
  return cat("no resource ", name);
}

struct Both {
  TranslateInput input;
  std::shared_ptr<const mesh::Model> north;
  std::shared_ptr<const mesh::Model> south;
};

Both both(const char* name) {
  Both out;
  out.input = scene(test::readFileOrDie("testdata/cases/federation.input.yaml"));
  if (name != nullptr) {
    // The settings are those of the first case.
    TranslateInput more = scene(test::readFileOrDie(cat("testdata/cases/", name, ".input.yaml")));
    for (auto& [resource, objects] : more.clusters["north"].objects) {
      if (resource != "workspacesettings.admin.gloo.solo.io") {
        out.input.clusters["north"].objects[resource] = objects;
      }
    }
  }
  const TranslateOutput output = translate(out.input);
  out.north = istiod(out.input, output, "north");
  out.south = istiod(out.input, output, "south-1");
  return out;
}

TEST(Chain, TheClientSplitsOverBothClusters) {
  const Both b = both("split");
  const auto client = sidecar("north", "till", "10.4.0.50", {{"app", "till"}});
  const auto clusters = mesh::clustersOf(*b.north, client);
  const std::string far = "outbound|80||cart.shop.svc.south-1.global";
  const std::string near = "outbound|80||cart.shop.svc.cluster.local";
  const std::string config = json(clusters, far);
  EXPECT_CONTAINS(config, "outbound_.80_._.cart.shop.svc.south-1.global");  // the SNI
  EXPECT_CONTAINS(config, "spiffe://south_1/ns/shop/sa/cart");
  EXPECT_CONTAINS(json(clusters, near), "spiffe://north/ns/shop/sa/cart");

  const std::string endpoints = doc::toJson(mesh::endpointsOf(*b.north, client, far).config);
  EXPECT_CONTAINS(endpoints, "10.3.0.100");
  EXPECT_CONTAINS(endpoints, "15443");

  const std::string routes = doc::toJson(mesh::routesOf(*b.north, client, "80").config);
  EXPECT_CONTAINS(routes, far);
  EXPECT_CONTAINS(routes, near);
  EXPECT_CONTAINS(routes, "fixed_delay");
  EXPECT_CONTAINS(routes, "x-slow");
}

TEST(Chain, TheFarGatewayKnowsTheName) {
  const Both b = both(nullptr);
  const auto gateway = eastWest("south_1");
  const std::string name = "outbound_.80_._.cart.shop.svc.south-1.global";
  std::string listeners;
  for (const auto& listener : mesh::listenersOf(*b.south, gateway)) {
    listeners += doc::toJson(listener.config);
  }
  EXPECT_CONTAINS(listeners, name);
  EXPECT_CONTAINS(listeners, "15443");
  EXPECT_TRUE(json(mesh::clustersOf(*b.south, gateway), name).starts_with("{"));
  const std::string endpoints = doc::toJson(mesh::endpointsOf(*b.south, gateway, name).config);
  for (const char* ip : {"10.5.0.12", "10.5.0.13", "10.5.0.14"}) EXPECT_CONTAINS(endpoints, ip);
  EXPECT_CONTAINS(endpoints, "8080");
  EXPECT_TRUE(endpoints.find("15443") == std::string::npos);
}

TEST(Chain, PodsAcceptBothClustersAndTheGateways) {
  const Both b = both(nullptr);
  const auto server = sidecar("south_1", "cart-v2-a", "10.5.0.12", {{"app", "cart"}});
  std::string listeners;
  for (const auto& listener : mesh::listenersOf(*b.south, server)) {
    listeners += doc::toJson(listener.config);
  }
  EXPECT_CONTAINS(listeners, "spiffe://north/ns/shop/sa/default");
  EXPECT_CONTAINS(listeners, "spiffe://north/ns/istio-system/sa/ingress");
}

TEST(Chain, AVirtualDestinationNeverCircles) {
  const Both b = both("virtual_destination");
  const auto client = sidecar("north", "till", "10.4.0.50", {{"app", "till"}});
  const std::string host = "cart.global";
  const std::string endpoints =
      doc::toJson(mesh::endpointsOf(*b.north, client, cat("outbound|80||", host)).config);
  EXPECT_CONTAINS(endpoints, "10.4.0.11");   // the pod here
  EXPECT_CONTAINS(endpoints, "10.3.0.100");  // the gateway there
  // The other entries with the same selector do not take the gateway for a pod of theirs.
  const std::string own = doc::toJson(
      mesh::endpointsOf(*b.north, client, "outbound|80||cart.shop.svc.north.global").config);
  EXPECT_CONTAINS(own, "10.4.0.11");
  EXPECT_TRUE(own.find("10.3.0.100") == std::string::npos);
  // And the gateways pass on to pods only.
  const std::string passed = doc::toJson(
      mesh::endpointsOf(*b.south, eastWest("south_1"), cat("outbound_.80_._.", host)).config);
  EXPECT_CONTAINS(passed, "10.5.0.12");
  EXPECT_TRUE(passed.find("10.2.0.100") == std::string::npos);
}

}  // namespace
}  // namespace meshka::mgmt
