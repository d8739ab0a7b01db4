// Puts HTTP connection managers together.
#include "mesh/translate/envoy/http.h"

#include "base/strings.h"
#include "mesh/translate/envoy/blocks.h"

namespace meshka::mesh {
namespace {

Draft httpFilters(HttpManager& manager) {
  Draft out = Draft::array();
  for (Draft& filter : manager.before) out.push(std::move(filter));
  if (manager.grpc) {
    out.push(extension("envoy.filters.http.grpc_stats",
                       "envoy.extensions.filters.http.grpc_stats.v3.FilterConfig",
                       "emit_filter_state", true, "stats_for_all_methods", false));
  }
  out.push(extension("envoy.filters.http.cors", "envoy.extensions.filters.http.cors.v3.Cors"));
  out.push(
      extension("envoy.filters.http.fault", "envoy.extensions.filters.http.fault.v3.HTTPFault"));
  out.push(
      extension("envoy.filters.http.router", "envoy.extensions.filters.http.router.v3.Router"));
  return out;
}

void setRole(Draft& config, HttpRole role) {
  config["use_remote_address"] = role == HttpRole::kGateway;
  if (role == HttpRole::kOutbound) return;
  config["server_name"] = "istio-envoy";
  if (role == HttpRole::kInbound) {
    config["forward_client_cert_details"] = "APPEND_FORWARD";
    config["set_current_client_cert_details"] = obj("subject", true, "dns", true, "uri", true);
  } else {
    config["forward_client_cert_details"] = "SANITIZE_SET";
    config["set_current_client_cert_details"] =
        obj("subject", true, "cert", true, "dns", true, "uri", true);
  }
}

}  // namespace

Draft httpManager(const MeshConfig& config, HttpManager manager) {
  Draft out = extension(
      "envoy.filters.network.http_connection_manager",
      "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
      "stat_prefix", manager.stat_prefix, "http_filters", httpFilters(manager), "normalize_path",
      true, "stream_idle_timeout", "0s", "upgrade_configs", arr(obj("upgrade_type", "websocket")));
  Draft& typed = out["typed_config"];
  setRole(typed, manager.role);
  Draft logs = accessLogs(config, LogKind::kHttp);
  if (logs.size() > 0) typed["access_log"] = std::move(logs);
  if (manager.route_config.isNull()) {
    typed["rds"] = obj("route_config_name", manager.route_name, "config_source", adsSource());
  } else {
    typed["route_config"] = std::move(manager.route_config);
  }
  return out;
}

Draft alpnFilter(std::string_view protocols) {
  Draft state = obj("object_key", "envoy.network.application_protocols", "format_string",
                    obj("text_format_source", obj("inline_string", protocols)),
                    "shared_with_upstream", "ONCE");
  return extension("alpn", "envoy.extensions.filters.http.set_filter_state.v3.Config",
                   "on_request_headers", arr(std::move(state)));
}

}  // namespace meshka::mesh
