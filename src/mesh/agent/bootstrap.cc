#include "mesh/agent/bootstrap.h"

#include "base/assert.h"
#include "base/strings.h"
#include "dns/message.h"
#include "doc/yaml.h"

namespace meshka::mesh::agent {
namespace {

// The parts that are the same in every proxy. Statistics: what readiness, the control plane's tools
// and the metrics of services read; a proxy in a mesh of many services has many thousands more.
constexpr std::string_view kFixed = R"yaml(
stats_config:
  use_all_default_tags: false
  stats_tags:
  - {tag_name: tcp_prefix, regex: '^tcp\.((.*?)\.)\w+?$'}
  - {tag_name: response_code, regex: '_rq(_(\d{3}))$'}
  - {tag_name: response_code_class, regex: '_rq(_(\dxx))$'}
  - {tag_name: http_conn_manager_prefix, regex: '^http\.(((?:[_.[:digit:]]*|[_\[\]aAbBcCdDeEfF[:digit:]]*)_?[^.]*)\.)'}
  - {tag_name: listener_address, regex: '^listener\.(((?:[_.[:digit:]]*|[_\[\]aAbBcCdDeEfF[:digit:]]*))\.)'}
# Istio's Envoys do it every 5 s; docs/internals/performance.md has what that costs at rest.
stats_flush_interval: 15s
dynamic_resources:
  lds_config: {ads: {}, initial_fetch_timeout: 0s, resource_api_version: V3}
  cds_config: {ads: {}, initial_fetch_timeout: 0s, resource_api_version: V3}
  ads_config:
    api_type: GRPC
    set_node_on_first_message_only: true
    transport_api_version: V3
    grpc_services: [{envoy_grpc: {cluster_name: xds-grpc}}]
layered_runtime:
  layers:
  - {name: base, static_layer: {re2.max_program_size.error_level: 32768}}
  - {name: admin, admin_layer: {}}
# By default every thread reports to a watchdog ten times a second, which is nearly all that an idle
# Envoy does.
watchdogs:
  main_thread_watchdog: {miss_timeout: 10s, megamiss_timeout: 30s}
  worker_watchdog: {miss_timeout: 10s, megamiss_timeout: 30s}
overload_manager:
  refresh_interval: 10s
  resource_monitors:
  - name: envoy.resource_monitors.global_downstream_max_connections
    typed_config:
      '@type': type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig
      max_active_downstream_connections: 2147483647
)yaml";

constexpr std::string_view kStatPrefixes[] = {
    "cluster_manager",  "listener_manager",    "server",           "cluster.xds-grpc",
    "cluster.inbound",  "cluster.outbound",    "http.inbound_",    "http.outbound_",
    "cluster.envoy_",   "cluster.sds-grpc",    "listener.0.0.0.0", "tcp.",
    "cluster.InboundP", "cluster.Passthrough", "cluster.BlackHole"};
constexpr std::string_view kStatSuffixes[] = {"rbac.allowed", "rbac.denied"};

// A cluster's name has dots, so its tag ends where the name of one of its statistics begins.
constexpr std::string_view kClusterTag =
    R"(^cluster\.((.+?)\.)(?:(?:external\.|internal\.|canary\.)?upstream_|membership_|update_|ssl\.|lb_|)"
    R"(circuit_breakers\.|assignment_|bind_errors|retry_or_shadow|original_dst_host|http1\.|http2\.|)"
    R"(outlier_detection\.|max_host_weight|default\.total_match_count|client_ssl_socket_factory\.|)"
    R"(version$|warming_state|init_fetch|control_plane\.))";

constexpr std::string_view kHttp2 = R"yaml({
  envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {
    '@type': type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions,
    explicit_http_config: {http2_protocol_options: {max_concurrent_streams: 1073741824}}}})yaml";

doc::Draft yaml(std::string_view text) {
  const auto parsed = doc::parseYamlDocument(text);
  MESHKA_ASSERT(parsed.has_value());
  return doc::Draft(*parsed);
}

doc::Draft socketAddress(std::string_view host, uint16_t port) {
  return yaml(cat("{socket_address: {address: '", host, "', port_value: ", port, "}}"));
}

doc::Draft endpoints(std::string_view cluster, doc::Draft address) {
  doc::Draft out = yaml("{endpoints: [{lb_endpoints: [{endpoint: {}}]}]}");
  out["cluster_name"] = cluster;
  out["endpoints"].at(0)["lb_endpoints"].at(0)["endpoint"]["address"] = std::move(address);
  return out;
}

doc::Draft localCluster(std::string_view name, doc::Draft address, bool http2) {
  doc::Draft out = yaml("{type: STATIC, connect_timeout: 1s}");
  out["name"] = name;
  out["load_assignment"] = endpoints(name, std::move(address));
  if (http2) out["typed_extension_protocol_options"] = yaml(kHttp2);
  return out;
}

doc::Draft pipeCluster(std::string_view name, const std::string& path) {
  doc::Draft address = doc::Draft::object();
  address["pipe"]["path"] = path;
  doc::Draft out = localCluster(name, std::move(address), true);
  // All streams of a proxy go through one cluster; the default of 1024 requests is for services.
  out["circuit_breakers"] = yaml(R"({thresholds: [
      {max_connections: 100000, max_pending_requests: 100000, max_requests: 100000}]})");
  return out;
}

// A gRPC service that the mesh's configuration names, by address or by name.
Result<doc::Draft> serviceCluster(std::string_view name, doc::Value service) {
  MESHKA_TRY(const HostPort at, parseHostPort(service["address"].text()));
  doc::Draft out = localCluster(name, socketAddress(at.host, at.port), true);
  if (!dns::packAddress(at.host)) {
    out.erase("type");
    // STRICT_DNS as a cluster's type draws a warning of deprecation.
    out["cluster_type"] = yaml(R"yaml({name: envoy.cluster.dns, typed_config: {
      '@type': type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster,
      dns_refresh_rate: 30s, respect_dns_ttl: true, dns_lookup_family: V4_ONLY}})yaml");
  }
  const auto keepalive = parseDuration(service["tcpKeepalive"]["time"].text("300s"));
  if (!keepalive) return fail(keepalive.error().with("tcpKeepalive.time"));
  out["upstream_connection_options"]["tcp_keepalive"]["keepalive_time"] =
      keepalive->ns / 1'000'000'000;
  return out;
}

doc::Draft httpListener(uint16_t port, std::string_view name, std::string_view path,
                        std::string_view cluster) {
  doc::Draft out = yaml(cat(R"yaml({
    ignore_global_conn_limit: true,
    filter_chains: [{filters: [{
      name: envoy.filters.network.http_connection_manager,
      typed_config: {
        '@type': type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager,
        codec_type: AUTO, stat_prefix: )yaml",
                            name, R"yaml(,
        route_config: {virtual_hosts: [{name: backend, domains: ['*'], routes: [
          {match: {prefix: )yaml",
                            path, R"yaml(}, route: {cluster: )yaml", cluster, R"yaml(}}]}]},
        http_filters: [{name: envoy.filters.http.router, typed_config: {
          '@type': type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}]}}]}]})yaml"));
  out["name"] = name;
  out["address"] = socketAddress("0.0.0.0", port);
  return out;
}

void addMatcher(doc::Draft& patterns, std::string_view kind, std::string_view text) {
  doc::Draft pattern = doc::Draft::object();
  if (kind == "safe_regex") {
    pattern[kind]["regex"] = text;
  } else {
    pattern[kind] = text;
  }
  patterns.push(std::move(pattern));
}

doc::Draft statsMatcher(doc::Value wanted) {
  doc::Draft patterns = doc::Draft::array();
  for (const std::string_view prefix : kStatPrefixes) addMatcher(patterns, "prefix", prefix);
  for (const std::string_view suffix : kStatSuffixes) addMatcher(patterns, "suffix", suffix);
  constexpr std::pair<std::string_view, std::string_view> kMore[] = {
      {"inclusionPrefixes", "prefix"},
      {"inclusionSuffixes", "suffix"},
      {"inclusionRegexps", "safe_regex"}};
  for (const auto& [field, kind] : kMore)
    for (const doc::Value text : wanted[field].elements()) addMatcher(patterns, kind, text.text());
  doc::Draft out = doc::Draft::object();
  out["inclusion_list"]["patterns"] = std::move(patterns);
  return out;
}

Result<void> addServices(doc::Draft& out, doc::Value config) {
  doc::Draft& clusters = out["static_resources"]["clusters"];
  if (const doc::Value logs = config["envoyAccessLogService"]; !logs["address"].text().empty()) {
    auto cluster = serviceCluster("envoy_accesslog_service", logs);
    if (!cluster) return fail(cluster.error().with("envoyAccessLogService.address"));
    clusters.push(std::move(*cluster));
  }
  const doc::Value metrics = config["envoyMetricsService"];
  if (metrics["address"].text().empty()) return {};
  auto cluster = serviceCluster("envoy_metrics_service", metrics);
  if (!cluster) return fail(cluster.error().with("envoyMetricsService.address"));
  clusters.push(std::move(*cluster));
  out["stats_sinks"] = yaml(R"yaml([{name: envoy.stat_sinks.metrics_service, typed_config: {
    '@type': type.googleapis.com/envoy.config.metrics.v3.MetricsServiceConfig,
    transport_api_version: V3, report_counters_as_deltas: false, emit_tags_as_labels: true,
    histogram_emit_mode: HISTOGRAM,
    grpc_service: {envoy_grpc: {cluster_name: envoy_metrics_service}}}}])yaml");
  return {};
}

std::string inWorkDirectory(const AgentConfig& config, std::string_view name) {
  return cat(config.launch.layout.work_directory, "/", name);
}

}  // namespace

std::string bootstrapPath(const AgentConfig& config) {
  return inWorkDirectory(config, "envoy-rev0.json");
}
std::string adsSocket(const AgentConfig& config) {
  return inWorkDirectory(config, "XDS");
}
std::string sdsSocket(const AgentConfig& config) {
  return inWorkDirectory(config, "SDS");
}

Result<doc::Doc> makeBootstrap(const AgentConfig& config) {
  const Layout& layout = config.launch.layout;
  doc::Draft out = yaml(kFixed);
  out["node"]["id"] = config.node_id;
  out["node"]["cluster"] = config.node_cluster;
  out["node"]["metadata"] = doc::Draft(config.metadata);
  out["admin"]["address"] = socketAddress("127.0.0.1", layout.admin_port);
  out["admin"]["profile_path"] = "/dev/null";
  out["stats_config"]["stats_tags"].push(
      doc::Draft::object({{"tag_name", "cluster_name"}, {"regex", kClusterTag}}));
  out["stats_config"]["stats_matcher"] = statsMatcher(config.proxy_config["proxyStatsMatcher"]);
  doc::Draft& fixed = out["static_resources"];
  doc::Draft clusters = doc::Draft::array();
  clusters.push(
      localCluster("prometheus_stats", socketAddress("127.0.0.1", layout.admin_port), false));
  clusters.push(localCluster("agent", socketAddress("127.0.0.1", layout.status_port), false));
  clusters.push(pipeCluster("sds-grpc", sdsSocket(config)));
  clusters.push(pipeCluster("xds-grpc", adsSocket(config)));
  fixed["clusters"] = std::move(clusters);
  doc::Draft listeners = doc::Draft::array();
  listeners.push(
      httpListener(layout.prometheus_port, "prometheus", "/stats/prometheus", "prometheus_stats"));
  listeners.push(httpListener(layout.health_port, "health", "/healthz/ready", "agent"));
  fixed["listeners"] = std::move(listeners);
  MESHKA_CHECK(addServices(out, config.proxy_config));
  return out.finish();
}

std::vector<std::string> envoyArguments(const AgentConfig& config) {
  return {"-c",
          bootstrapPath(config),
          "--drain-time-s",
          cat(config.drain.ns / 1'000'000'000),
          "--drain-strategy",
          "immediate",
          "--local-address-ip-version",
          config.ip.find(':') == std::string::npos ? "v4" : "v6",
          "--file-flush-interval-msec",
          "1000",
          "--disable-hot-restart",
          "--concurrency",
          cat(config.concurrency),
          "-l",
          config.launch.log_level,
          "--component-log-level",
          config.launch.component_log_level};
}

}  // namespace meshka::mesh::agent
