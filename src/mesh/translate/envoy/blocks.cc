// The building blocks. Each is proven with a real Envoy; a warning of Envoy's about a deprecated
// field is a bug here.
#include "mesh/translate/envoy/blocks.h"

#include <algorithm>
#include <cmath>

namespace meshka::mesh {
namespace {

constexpr int64_t kUnlimited = 4294967295;
constexpr int kMaxStreams = 1073741824;
constexpr std::string_view kHttpOptions = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
constexpr std::string_view kLogFormat =
    "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" "
    "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "
    "\"%UPSTREAM_TRANSPORT_FAILURE_REASON%\" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% "
    "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" "
    "\"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\" %UPSTREAM_CLUSTER% "
    "%UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% "
    "%REQUESTED_SERVER_NAME% %ROUTE_NAME%\n";

Draft options(Draft members) {
  members["@type"] = std::string("type.googleapis.com/") + std::string(kHttpOptions);
  return obj(kHttpOptions, std::move(members));
}

Draft streams() {
  return obj("max_concurrent_streams", kMaxStreams);
}

Draft fileLog(const MeshConfig& config) {
  return extension("envoy.access_loggers.file",
                   "envoy.extensions.access_loggers.file.v3.FileAccessLog", "path",
                   config.access_log_file, "log_format",
                   obj("text_format_source", obj("inline_string", kLogFormat)));
}

Draft serviceLog(LogKind kind) {
  const bool http = kind == LogKind::kHttp;
  Draft common = obj("log_name", http ? "http_envoy_accesslog" : "tcp_envoy_accesslog",
                     "transport_api_version", "V3", "grpc_service",
                     obj("envoy_grpc", obj("cluster_name", "envoy_accesslog_service")),
                     "buffer_flush_interval", "1s");
  return http ? extension("envoy.access_loggers.http_grpc",
                          "envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig",
                          "common_config", std::move(common))
              : extension("envoy.access_loggers.tcp_grpc",
                          "envoy.extensions.access_loggers.grpc.v3.TcpGrpcAccessLogConfig",
                          "common_config", std::move(common));
}

Draft sanMatchers(const std::vector<std::string>& sans, std::string_view how) {
  Draft out = Draft::array();
  for (const std::string& san : sans) {
    out.push(obj("san_type", "URI", "matcher", obj(how, san)));
  }
  return out;
}

// The agent's certificate, and its root with the names that a peer may have.
void useWorkloadIdentity(Draft& common, Draft san_matchers) {
  common["tls_certificate_sds_secret_configs"] = arr(agentSecret("default"));
  Draft validation = obj();
  if (san_matchers.size() > 0) {
    validation["match_typed_subject_alt_names"] = std::move(san_matchers);
  }
  common["combined_validation_context"] =
      obj("default_validation_context", std::move(validation),
          "validation_context_sds_secret_config", agentSecret("ROOTCA"));
}

}  // namespace

Draft address(std::string_view ip, int port) {
  return obj("socket_address", obj("address", ip, "port_value", port));
}

Draft adsSource() {
  return obj("ads", obj(), "initial_fetch_timeout", "0s", "resource_api_version", "V3");
}

Draft agentSecret(std::string_view name) {
  Draft source =
      obj("api_type", "GRPC", "transport_api_version", "V3", "set_node_on_first_message_only", true,
          "grpc_services", arr(obj("envoy_grpc", obj("cluster_name", "sds-grpc"))));
  return obj("name", name, "sds_config",
             obj("api_config_source", std::move(source), "initial_fetch_timeout", "0s",
                 "resource_api_version", "V3"));
}

Draft istiodSecret(std::string_view name) {
  return obj("name", name, "sds_config", adsSource());
}

Draft noLimits() {
  return obj("thresholds",
             arr(obj("max_connections", kUnlimited, "max_pending_requests", kUnlimited,
                     "max_requests", kUnlimited, "max_retries", kUnlimited)));
}

Draft http1Options() {
  return options(obj("explicit_http_config", obj("http_protocol_options", obj())));
}
Draft http2Options() {
  return options(obj("explicit_http_config", obj("http2_protocol_options", streams())));
}
Draft downstreamOptions() {
  return options(obj("use_downstream_protocol_config",
                     obj("http_protocol_options", obj(), "http2_protocol_options", streams())));
}

Draft rawBuffer() {
  return extension("envoy.transport_sockets.raw_buffer",
                   "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer");
}

Draft commonTls(const std::vector<std::string>& alpn) {
  Draft out = obj("tls_params", obj("tls_minimum_protocol_version", "TLSv1_2",
                                    "tls_maximum_protocol_version", "TLSv1_3"));
  if (!alpn.empty()) out["alpn_protocols"] = Draft::strings(alpn);
  return out;
}

Draft meshTlsUpstream(std::string_view sni, const std::vector<std::string>& sans) {
  Draft common = commonTls({"istio"});
  useWorkloadIdentity(common, sanMatchers(sans, "exact"));
  return extension("envoy.transport_sockets.tls",
                   "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", "sni", sni,
                   "common_tls_context", std::move(common));
}

Draft meshTlsDownstream() {
  Draft common = commonTls({"h2", "http/1.1"});
  useWorkloadIdentity(common, sanMatchers({"spiffe://"}, "prefix"));
  return extension("envoy.transport_sockets.tls",
                   "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
                   "require_client_certificate", true, "disable_stateless_session_resumption", true,
                   "common_tls_context", std::move(common));
}

Draft tlsInspector() {
  return extension("envoy.filters.listener.tls_inspector",
                   "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector");
}
Draft httpInspector() {
  return extension("envoy.filters.listener.http_inspector",
                   "envoy.extensions.filters.listener.http_inspector.v3.HttpInspector");
}
Draft originalDst() {
  return extension("envoy.filters.listener.original_dst",
                   "envoy.extensions.filters.listener.original_dst.v3.OriginalDst");
}

Draft accessLogs(const MeshConfig& config, LogKind kind) {
  Draft out = Draft::array();
  if (!config.access_log_file.empty()) out.push(fileLog(config));
  if (config.access_log_service) out.push(serviceLog(kind));
  return out;
}

Draft listenerAccessLogs(const MeshConfig& config) {
  Draft out = Draft::array();
  if (config.access_log_file.empty()) return out;
  Draft log = fileLog(config);
  log["filter"] = obj("response_flag_filter", obj("flags", arr("NR")));
  out.push(std::move(log));
  return out;
}

namespace {
Draft tcpProxyBy(const MeshConfig& config, std::string_view member, Draft target,
                 std::string_view stat_prefix) {
  Draft out = extension("envoy.filters.network.tcp_proxy",
                        "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", "stat_prefix",
                        stat_prefix, member, std::move(target));
  Draft logs = accessLogs(config, LogKind::kTcp);
  if (logs.size() > 0) out["typed_config"]["access_log"] = std::move(logs);
  return out;
}
}  // namespace

Draft tcpProxy(const MeshConfig& config, std::string_view cluster, std::string_view stat_prefix) {
  return tcpProxyBy(config, "cluster", cluster, stat_prefix);
}

Draft tcpProxyWeighted(const MeshConfig& config, Draft weighted, std::string_view stat_prefix) {
  return tcpProxyBy(config, "weighted_clusters", std::move(weighted), stat_prefix);
}

Draft million(double percent) {
  const double parts = std::clamp(percent, 0.0, 100.0) * 10000;
  return obj("numerator", static_cast<int64_t>(std::llround(parts)), "denominator", "MILLION");
}

}  // namespace meshka::mesh
