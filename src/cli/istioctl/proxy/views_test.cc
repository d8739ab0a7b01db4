#include "cli/istioctl/proxy/views.h"

#include "base/test/test.h"
#include "cli/istioctl/proxy/dump.h"
#include "cli/pod_exec.h"
#include "doc/yaml.h"

namespace meshka::cli::proxy {
namespace {

doc::Doc yaml(std::string_view text) {
  auto parsed = doc::parseYamlDocument(text);
  EXPECT_OK(parsed);
  return parsed ? *parsed : doc::Doc();
}

TEST(proxy_views, clusters_by_host_subset_port) {
  const doc::Doc dump = yaml(R"(
configs:
- "@type": type.googleapis.com/envoy.admin.v3.ClustersConfigDump
  static_clusters:
  - cluster: {name: prometheus_stats, type: STATIC}
  dynamic_active_clusters:
  - cluster:
      name: outbound|80|v2|a.ns.svc
      type: EDS
      metadata: {filter_metadata: {istio: {
        config: /apis/networking.istio.io/v1alpha3/namespaces/ns/destination-rule/rule}}}
  - cluster: {name: outbound|80||a.ns.svc, type: EDS}
  - cluster: {name: inbound|9080||, type: ORIGINAL_DST}
  - cluster: {name: outbound|1||z, cluster_type: {name: envoy.cluster.dns, typed_config: {}}}
)");
  EXPECT_EQ(formatColumns(clusterTable(filterClusters(dump, {})), 5),
            "SERVICE FQDN         PORT     SUBSET     DIRECTION     TYPE             DESTINATION "
            "RULE\n"
            "                     9080     -          inbound       ORIGINAL_DST     \n"
            "a.ns.svc             80       -          outbound      EDS              \n"
            "a.ns.svc             80       v2         outbound      EDS              rule.ns\n"
            "prometheus_stats     -        -          -             STATIC           \n"
            "z                    1        -          outbound      STRICT_DNS       \n");
  EXPECT_EQ(filterClusters(dump, {.direction = "inbound"}).size(), 1u);
  EXPECT_EQ(filterClusters(dump, {.fqdn = "a.ns", .subset = "v2"}).size(), 1u);
  EXPECT_EQ(filterClusters(yaml("{}"), {}).size(), 0u);
}

TEST(proxy_views, listeners_in_both_spellings) {
  const doc::Doc dump = yaml(R"(
configs:
- "@type": type.googleapis.com/envoy.admin.v3.ListenersConfigDump
  dynamicListeners:
  - activeState: {listener: {
      address: {socketAddress: {address: 0.0.0.0, portValue: 15006}},
      filterChains: [
        {filterChainMatch: {destinationPort: 80, transportProtocol: tls,
                            applicationProtocols: [istio-peer-exchange, istio]},
         filters: [{name: envoy.filters.network.tcp_proxy, typedConfig: {cluster: inbound|80||}}]},
        {filterChainMatch: {prefixRanges: [{addressPrefix: 0.0.0.0, prefixLen: 0}]},
         filters: [{name: envoy.filters.network.tcp_proxy,
                    typedConfig: {cluster: InboundPassthroughClusterIpv4}}]}]}}
  static_listeners:
  - listener:
      address: {socket_address: {address: 0.0.0.0, port_value: 15021}}
      filter_chains:
      - filters:
        - name: envoy.filters.network.http_connection_manager
          typed_config:
            route_config: {virtual_hosts: [{domains: ["*"], routes: [
              {match: {prefix: /healthz/ready}, route: {cluster: agent}}]}]}
)");
  EXPECT_EQ(formatColumns(listenerTable(filterListeners(dump, {}), true), 1),
            "ADDRESS PORT  MATCH                                DESTINATION\n"
            "0.0.0.0 15006 Addr: 0.0.0.0/0                      InboundPassthroughClusterIpv4\n"
            "0.0.0.0 15006 Trans: tls; App: TCP TLS; Addr: *:80 Cluster: inbound|80||\n"
            "0.0.0.0 15021 ALL                                  Inline Route: /healthz/ready*\n");
  EXPECT_EQ(filterListeners(dump, {.type = "http"}).size(), 1u);
  EXPECT_EQ(filterListeners(dump, {.port = "15006"}).size(), 1u);
}

TEST(proxy_views, routes_with_short_domains) {
  const doc::Doc dump = yaml(R"(
configs:
- "@type": type.googleapis.com/envoy.admin.v3.RoutesConfigDump
  dynamic_route_configs:
  - route_config:
      name: "9080"
      virtual_hosts:
      - domains: [a.ns.svc.cluster.local, "a.ns.svc.cluster.local:80", a, a.ns.svc, a.ns, a., 10.0.0.1]
        routes:
        - {match: {prefix: /}, route: {cluster: x}}
        - match: {path: /login, headers: [{name: user}]}
          metadata: {filter_metadata: {istio: {
            config: /apis/networking.istio.io/v1alpha3/namespaces/ns/virtual-service/vs}}}
      - {domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: PassthroughCluster}}]}
  - route_config: {name: "80", virtual_hosts: [{domains: [b]}]}
)");
  EXPECT_EQ(formatColumns(routeTable(filterRoutes(dump, "")), 5),
            "NAME     DOMAINS                 MATCH                  VIRTUAL SERVICE\n"
            "80       b                       /*                     404\n"
            "9080     a, a.ns + 1 more...     /*                     \n"
            "9080     a, a.ns + 1 more...     /login header:user     vs.ns\n");
  EXPECT_EQ(filterRoutes(dump, "80").size(), 1u);
}

TEST(proxy_views, endpoints_and_their_health) {
  const doc::Doc clusters = yaml(R"(
cluster_statuses:
- name: outbound|80||a
  host_statuses:
  - address: {socket_address: {address: 10.0.0.2, port_value: 80}}
    health_status: {eds_health_status: HEALTHY}
  - address: {socket_address: {address: 10.0.0.1, port_value: 80}}
    health_status: {failed_outlier_check: true, eds_health_status: UNHEALTHY}
- {name: sds, host_statuses: [{address: {pipe: {path: ./SDS}}, health_status: {}}]}
)");
  EXPECT_EQ(formatColumns(endpointTable(clusters, {}), 5),
            "ENDPOINT         STATUS        OUTLIER CHECK     CLUSTER\n"
            "10.0.0.1:80      UNHEALTHY     FAILED            outbound|80||a\n"
            "10.0.0.2:80      HEALTHY       OK                outbound|80||a\n"
            "unix://./SDS     HEALTHY       OK                sds\n");
  EXPECT_EQ(endpointTable(clusters, {.status = "healthy"}).size(), 3u);
  EXPECT_EQ(endpointTable(clusters, {.address = "10.0.0.1", .port = "80"}).size(), 2u);
}

TEST(proxy_views, status_of_proxies) {
  Table table = statusTable();
  appendStatusRows(table, yaml(R"(
- {proxy: b.ns, istio_version: 1.11.7, cluster_sent: n1, cluster_acked: n1, listener_sent: n2,
   listener_acked: n1, endpoint_sent: n3}
- {proxy: a.ns, proxy_version: 1.11.7}
)"),
                   "istiod-1");
  EXPECT_EQ(
      formatColumns(table, 5),
      "NAME     CDS          LDS          EDS                            RDS          ISTIOD  "
      "     VERSION\n"
      "a.ns     NOT SENT     NOT SENT     NOT SENT                       NOT SENT     "
      "istiod-1     1.11.7\n"
      "b.ns     SYNCED       STALE        STALE (Never Acknowledged)     NOT SENT     "
      "istiod-1     1.11.7\n");
}

TEST(pod_exec, channels_and_results) {
  ExecOutput output;
  for (const char* message : {"\1one ", "\2oops\n", "\1two", "\3{\"status\":\"Success\"}"})
    takeExecMessage(output, message);
  EXPECT_EQ(execResult(output).value_or(""), "one two");
  output.status = R"({"status":"Failure","message":"command terminated with non-zero exit code"})";
  EXPECT_EQ(execResult(output).error().message(),
            "command terminated with non-zero exit code: oops");
  EXPECT_CONTAINS(execResult({}).error().message(), "the connection ended before the command did");
}

}  // namespace
}  // namespace meshka::cli::proxy
