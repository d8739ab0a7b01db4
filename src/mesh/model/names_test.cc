// Names, hosts, labels, addresses and the small values of services.
#include "mesh/model/names.h"

#include "base/test/test.h"
#include "doc/yaml.h"
#include "mesh/model/mesh_config.h"
#include "mesh/model/service.h"
#include "mesh/translate/duration.h"

namespace meshka::mesh {
namespace {

doc::Doc yaml(std::string_view text) {
  return *doc::parseYamlDocument(text);
}

std::string duration(std::string_view text) {
  return durationText(doc::Draft(text).finish()).value_or("none");
}

}  // namespace

TEST(names, clusters_read_what_they_write) {
  const auto plain = parseClusterName(outboundName(80, "v1", "alpha.shop.svc.cluster.local"));
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain->port, 80);
  EXPECT_EQ(plain->subset, "v1");
  EXPECT_EQ(plain->host, "alpha.shop.svc.cluster.local");
  EXPECT_FALSE(plain->dnat);
  const auto dnat = parseClusterName(dnatName(80, "", "a_b.global"));
  ASSERT_TRUE(dnat.has_value());
  EXPECT_TRUE(dnat->dnat);
  EXPECT_EQ(dnat->subset, "");
  EXPECT_EQ(dnat->host, "a_b.global");
  for (const std::string_view odd :
       {"", "inbound|80||", "outbound|x||h", "outbound|80", "outbound_."}) {
    EXPECT_FALSE(parseClusterName(odd).has_value());
  }
}

TEST(names, hosts_inside_patterns) {
  EXPECT_TRUE(hostInside("a.global", "*.global"));
  EXPECT_TRUE(hostInside("*.a.global", "*.global"));
  EXPECT_TRUE(hostInside("a", "*"));
  EXPECT_FALSE(hostInside("global", "*.global"));
  EXPECT_FALSE(hostInside("*.global", "a.global"));
  EXPECT_FALSE(hostInside("b.global", "a.global"));
  EXPECT_EQ(hostOverlap("*", "*.shop").value_or(""), "*.shop");
  EXPECT_EQ(hostOverlap("x.shop", "*.shop").value_or(""), "x.shop");
  EXPECT_FALSE(hostOverlap("a.b", "*.shop").has_value());
  EXPECT_EQ(fullHost("alpha", "shop", "cluster.local"), "alpha.shop.svc.cluster.local");
  EXPECT_EQ(fullHost("alpha.far", "shop", "cluster.local"), "alpha.far");
  EXPECT_EQ(fullHost("*", "shop", "cluster.local"), "*");
}

TEST(names, selectors) {
  EXPECT_TRUE(selects(yaml("{a: x}"), Labels{{"a", "x"}, {"b", "y"}}));
  EXPECT_FALSE(selects(yaml("{a: x, c: z}"), Labels{{"a", "x"}}));
  EXPECT_FALSE(selects(yaml("{a: \"\"}"), doc::Value(yaml("{}"))));
  EXPECT_TRUE(selects(doc::Value(), Labels{}));
}

TEST(names, addresses) {
  EXPECT_EQ(ipv4Text(parseIpv4("10.1.2.3").value_or(0)), "10.1.2.3");
  for (const std::string_view odd :
       {"", "10.1.2", "10.1.2.256", "a.b.c.d", "1.2.3.4.5", "1.2.3.0004"}) {
    EXPECT_FALSE(parseIpv4(odd).has_value());
  }
  EXPECT_EQ(parseRange("10.0.0.0/8")->bits, 8);
  EXPECT_EQ(parseRange("10.0.0.1")->bits, 32);
  EXPECT_EQ(parseRange("fd00::/8")->bits, 8);
  for (const std::string_view odd : {"10.0.0.0/33", "10.0.0.0/x", "name/8", "/8"}) {
    EXPECT_FALSE(parseRange(odd).has_value());
  }
}

TEST(names, durations) {
  EXPECT_EQ(duration("2s"), "2s");
  EXPECT_EQ(duration("1m30s"), "90s");
  EXPECT_EQ(duration("250ms"), "0.250s");
  EXPECT_EQ(duration("1.5h"), "5400s");
  EXPECT_EQ(duration("1us"), "0.000001s");
  for (const std::string_view odd : {"", "5", "s", "5 s", "-1s", "1x", "99999999999h"}) {
    EXPECT_EQ(duration(odd), "none");
  }
}

TEST(services, protocols) {
  EXPECT_TRUE(protocolOf("TCP", "", "http-web", 80) == Protocol::kHttp);
  EXPECT_TRUE(protocolOf("TCP", "", "HTTP2", 80) == Protocol::kHttp2);
  EXPECT_TRUE(protocolOf("TCP", "", "grpc-web-x", 80) == Protocol::kGrpcWeb);
  EXPECT_TRUE(protocolOf("TCP", "", "grpc-x", 80) == Protocol::kGrpc);
  EXPECT_TRUE(protocolOf("TCP", "kubernetes.io/h2c", "tcp", 80) == Protocol::kHttp2);
  EXPECT_TRUE(protocolOf("TCP", "", "web", 80) == Protocol::kAuto);
  EXPECT_TRUE(protocolOf("TCP", "", "", 3306) == Protocol::kTcp);
  EXPECT_TRUE(protocolOf("UDP", "http", "http", 80) == Protocol::kUdp);
  EXPECT_TRUE(protocolOfField("MONGO", "", 1) == Protocol::kTcp);
  EXPECT_TRUE(protocolOfField("", "https-x", 1) == Protocol::kHttps);
}

TEST(services, export_lists) {
  EXPECT_TRUE(parseExportTo({}, "shop").sees("far"));
  EXPECT_TRUE(parseExportTo({"*"}, "shop").sees("far"));
  EXPECT_TRUE(parseExportTo({".", "istio-system"}, "shop").sees("shop"));
  EXPECT_TRUE(parseExportTo({".", "istio-system"}, "shop").sees("istio-system"));
  EXPECT_FALSE(parseExportTo({"."}, "shop").sees("far"));
  EXPECT_FALSE(parseExportTo({"~"}, "shop").sees("shop"));
}

TEST(mesh_config, fields) {
  const auto config = parseMeshConfig(
      "trustDomain: east_1\ntrustDomainAliases: [old]\naccessLogFile: /dev/stdout\n"
      "enableAutoMtls: false\noutboundTrafficPolicy: {mode: REGISTRY_ONLY}\n"
      "defaultConfig: {discoveryAddress: x}\nenablePrometheusMerge: true\n");
  ASSERT_OK(config);
  EXPECT_EQ(config->trust_domain, "east_1");
  EXPECT_EQ(config->trust_domain_aliases.size(), 1u);
  EXPECT_FALSE(config->enable_auto_mtls);
  EXPECT_FALSE(config->outbound_allow_any);
  EXPECT_EQ(config->default_config["discoveryAddress"].text(), "x");
  EXPECT_OK(parseMeshConfig(""));
  const auto wrong = [](std::string_view text) {
    const auto result = parseMeshConfig(text);
    return result ? std::string("accepted") : result.error().message();
  };
  EXPECT_EQ(wrong("trustDomain: 7"), "meshConfig.trustDomain: must be a text");
  EXPECT_EQ(wrong("enableAutoMtls: maybe"), "meshConfig.enableAutoMtls: must be true or false");
  EXPECT_CONTAINS(wrong("outboundTrafficPolicy: {mode: SOME}"), "ALLOW_ANY or REGISTRY_ONLY");
  EXPECT_EQ(wrong("[]"), "meshConfig: must be an object");
  EXPECT_CONTAINS(wrong("a: [\n"), "meshConfig: ");
}

}  // namespace meshka::mesh
