#include "mesh/agent/agent_config.h"

#include "base/test/test.h"
#include "doc/json.h"
#include "mesh/agent/bootstrap.h"

namespace meshka::mesh::agent {
namespace {

// What the injector writes into a sidecar's container.
Environment sidecar() {
  return {{"POD_NAME", "shop-v1-7d4f"},
          {"POD_NAMESPACE", "store"},
          {"INSTANCE_IP", "10.1.0.11"},
          {"SERVICE_ACCOUNT", "store-shop"},
          {"CA_ADDR", "istiod.istio-system.svc:15012"},
          {"TRUST_DOMAIN", "cluster-1"},
          {"PROXY_CONFIG", R"({"envoyAccessLogService":{"address":"metrics.mesh:9977"},)"
                           R"("envoyMetricsService":{"address":"10.1.0.200:9977"},)"
                           R"("holdApplicationUntilProxyStarts":true,)"
                           R"("proxyMetadata":{"ISTIO_META_DNS_CAPTURE":"true"}})"},
          {"ISTIO_META_CLUSTER_ID", "cluster-1"},
          {"ISTIO_META_NETWORK", "network1"},
          {"ISTIO_META_DNS_CAPTURE", "true"},
          {"ISTIO_META_DNS_AUTO_ALLOCATE", "true"},
          {"ISTIO_META_INTERCEPTION_MODE", "REDIRECT"},
          {"ISTIO_META_POD_PORTS", R"([{"containerPort":8080,"protocol":"TCP"}])"},
          {"ISTIO_META_APP_CONTAINERS", "shop"},
          {"ISTIO_META_WORKLOAD_NAME", "shop-v1"},
          {"ISTIO_META_MESH_ID", "mesh1"},
          {"ISTIO_METAJSON_LABELS", R"({"extra":"label"})"},
          {"PATH", "/usr/bin"}};
}
const PodFiles kFiles = {.labels = "app=\"shop\"\nversion=\"v1\"\n",
                         .annotations =
                             "note=\"two\\nlines \\\"quoted\\\"\"\n"
                             "kubectl.kubernetes.io/last-applied-configuration=\"{}\"\n"};

AgentConfig config(Launch launch, const Environment& environment, const PodFiles& files) {
  auto out = readConfig(std::move(launch), environment, files);
  EXPECT_OK(out);
  return out ? std::move(*out) : AgentConfig{};
}

TEST(AgentConfig, SidecarAsTheInjectorWritesIt) {
  const AgentConfig c = config({.domain = "store.svc.cluster.local"}, sidecar(), kFiles);
  EXPECT_EQ(c.node_id, "sidecar~10.1.0.11~shop-v1-7d4f.store~store.svc.cluster.local");
  EXPECT_EQ(c.node_cluster, "shop.store");
  EXPECT_EQ(c.spiffe(), "spiffe://cluster-1/ns/store/sa/store-shop");
  EXPECT_EQ(c.discovery_address, "istiod.istio-system.svc:15012");
  EXPECT_EQ(c.concurrency, 2);
  EXPECT_TRUE(c.dns_capture);
  EXPECT_TRUE(c.termination_drain == seconds(5));
  EXPECT_TRUE(c.warnings.empty());
  EXPECT_GOLDEN(doc::toPrettyJson(c.metadata, 2) + "\n", "agent/testdata/metadata.json");
  const auto bootstrap = makeBootstrap(c);
  ASSERT_OK(bootstrap);
  EXPECT_GOLDEN(doc::toPrettyJson(*bootstrap, 2) + "\n", "agent/testdata/bootstrap.json");
}

TEST(AgentConfig, LaterSourcesWin) {
  PodFiles files = kFiles;
  files.mesh =
      "trustDomain: ignored-here\ndefaultConfig: {concurrency: 3, drainDuration: 10s, "
      "discoveryAddress: 'istiod.other.svc:15012'}";
  Environment env = sidecar();
  AgentConfig c = config({}, env, files);
  EXPECT_EQ(c.concurrency, 3);
  EXPECT_EQ(c.discovery_address, "istiod.other.svc:15012");
  EXPECT_EQ(c.launch.domain, "store.svc.cluster.local");
  env["PROXY_CONFIG"] = R"({"concurrency":4})";
  EXPECT_EQ(config({}, env, files).concurrency, 4);
  files.annotations +=
      "proxy.istio.io/config=\"concurrency: 5\\nterminationDrainDuration: 7s\\n\"\n";
  c = config({}, env, files);
  EXPECT_EQ(c.concurrency, 5);
  EXPECT_TRUE(c.termination_drain == seconds(7));
  EXPECT_EQ(config({.concurrency = 1}, env, files).concurrency, 1);
}

TEST(AgentConfig, GatewaysHaveNoDns) {
  const AgentConfig c = config({.router = true}, sidecar(), {});
  EXPECT_FALSE(c.dns_capture);
  EXPECT_TRUE(c.node_id.starts_with("router~10.1.0.11~"));
  EXPECT_EQ(c.node_cluster, "istio-proxy.store");
}

TEST(AgentConfig, SaysWhatIsMissingOrWrong) {
  Environment env = sidecar();
  env.erase("INSTANCE_IP");
  EXPECT_EQ(readConfig({}, env, {}).error().message(),
            "environment variable INSTANCE_IP is not set");
  env = sidecar();
  env["PROXY_CONFIG"] = "[]";
  EXPECT_EQ(readConfig({}, env, {}).error().message(), "PROXY_CONFIG: not a JSON object");
  env = sidecar();
  env["CA_ADDR"] = "istiod";
  EXPECT_CONTAINS(readConfig({}, env, {}).error().message(), "\"istiod\" is not an address");
  env = sidecar();
  env["ISTIO_METAJSON_X"] = "{";
  EXPECT_CONTAINS(readConfig({}, env, {}).error().message(), "ISTIO_METAJSON_X");
}

TEST(AgentConfig, WarnsOfWhatHasNoEffect) {
  Environment env = sidecar();
  env["PROXY_CONFIG"] =
      R"({"tracing":{},"envoyMetricsService":{"address":"a:1","tlsSettings":{"mode":"SIMPLE"}}})";
  const AgentConfig c = config({}, env, {});
  ASSERT_EQ(c.warnings.size(), 2u);
  EXPECT_CONTAINS(c.warnings[0], "tracing");
  EXPECT_CONTAINS(c.warnings[1], "envoyMetricsService.tlsSettings.mode SIMPLE");
}

TEST(AgentConfig, PodInfo) {
  const auto info = parsePodInfo("a=\"x=y\"\n\nb=raw\nnonsense\nc=\"\"\n");
  EXPECT_EQ(info.size(), 3u);
  EXPECT_EQ(info.at("a"), "x=y");
  EXPECT_EQ(info.at("b"), "raw");
  EXPECT_EQ(info.at("c"), "");
}

}  // namespace
}  // namespace meshka::mesh::agent
