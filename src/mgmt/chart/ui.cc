// The UI: an API over what the cluster's API server has (main container), the pages made of it, and
// an Envoy in front of both.
#include "base/strings.h"
#include "mgmt/chart/crds.h"
#include "mgmt/chart/parts.h"

namespace meshka::mgmt::chart {

using doc::Draft;

namespace {

constexpr uint16_t kEnvoyPort = 10000;
constexpr uint16_t kPagesPort = 8090;
constexpr uint16_t kApiPort = 10101;
constexpr uint16_t kHealthPort = 8081;
constexpr std::string_view kEnvoyConfig = "gloo-mesh-ui-envoy";

std::string cluster(std::string_view name, uint16_t number) {
  return cat("  - name: ", name,
             "\n    type: STATIC\n    connect_timeout: 2s\n    load_assignment:\n"
             "      cluster_name: ",
             name,
             "\n      endpoints:\n      - lb_endpoints:\n"
             "        - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: ",
             number, "}}}\n");
}

std::string envoyConfig() {
  return cat(
      R"(node: {id: gloo-mesh-ui, cluster: gloo-mesh-ui}
# Threads that report to a watchdog ten times a second are nearly all that an idle Envoy does.
watchdogs:
  main_thread_watchdog: {miss_timeout: 10s, megamiss_timeout: 30s}
  worker_watchdog: {miss_timeout: 10s, megamiss_timeout: 30s}
static_resources:
  listeners:
  - name: ui
    address: {socket_address: {address: 0.0.0.0, port_value: )",
      kEnvoyPort, R"(}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: ui
          normalize_path: true
          merge_slashes: true
          use_remote_address: true
          common_http_protocol_options: {idle_timeout: 300s}
          route_config:
            virtual_hosts:
            - name: ui
              domains: ["*"]
              routes:
              - match: {path: /envoy/ready}
                direct_response: {status: 200, body: {inline_string: "ready\n"}}
              - match: {prefix: /api/}
                route: {cluster: api, timeout: 15s}
              - match: {prefix: /}
                route: {cluster: console, timeout: 15s}
          http_filters:
          - name: envoy.filters.http.router
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
  clusters:
)",
      cluster("api", kApiPort), cluster("console", kPagesPort));
}

std::string image(const ServerChart& chart, std::string_view component) {
  return cat(chart.values.server_image.registry, "/", component, ":", chart.version);
}

Draft apiContainer(const ServerChart& chart) {
  Draft out =
      container("gloo-mesh-apiserver", image(chart, "gloo-mesh-apiserver"),
                {"mgmt-ui", "api", cat("--listen=0.0.0.0:", kApiPort),
                 cat("--health-listen=0.0.0.0:", kHealthPort), cat("--namespace=", chart.ns)});
  out["ports"] = Draft::array({port("grpc", kApiPort), port("healthcheck", kHealthPort)});
  out["readinessProbe"] = readiness("/ready", "healthcheck");
  out["resources"]["requests"] = Draft::object({{"cpu", "50m"}, {"memory", "64Mi"}});
  return out;
}

Draft consoleContainer(const ServerChart& chart) {
  Draft out = container("console", image(chart, kUiName),
                        {"mgmt-ui", "console", cat("--listen=0.0.0.0:", kPagesPort),
                         cat("--api=http://127.0.0.1:", kApiPort)});
  out["ports"] = Draft::array({port("static", kPagesPort)});
  out["readinessProbe"] = readiness("/ready", "static");
  out["resources"]["requests"] = Draft::object({{"cpu", "20m"}, {"memory", "32Mi"}});
  return out;
}

Draft envoyContainer(const ServerChart& chart) {
  Draft out = container("envoy", image(chart, "gloo-mesh-envoy"),
                        {"-c", "/etc/envoy/envoy.yaml", "--concurrency", "1",
                         "--disable-hot-restart", "--log-level", "warning"});
  out["ports"] = Draft::array({port("http", kEnvoyPort)});
  out["readinessProbe"] = readiness("/envoy/ready", "http");
  out["volumeMounts"] = Draft::array({mount("envoy-config", "/etc/envoy")});
  out["resources"]["requests"] = Draft::object({{"cpu", "50m"}, {"memory", "96Mi"}});
  return out;
}

}  // namespace

void appendUi(const ServerChart& chart, const Scope& scope, std::vector<doc::Doc>& out) {
  if (!chart.values.ui) return;
  const std::vector<std::string> read = {"get", "list", "watch"};
  appendAccount(scope, kUiName,
                {{crdGroups(), {"*"}, read},
                 {{""}, {"pods", "services", "namespaces", "nodes"}, read},
                 {{"apps"}, {"deployments"}, read}},
                out);
  Draft config = object(scope, "v1", "ConfigMap", kEnvoyConfig, kUiName);
  config["data"] = Draft::object({{"envoy.yaml", envoyConfig()}});
  out.push_back(config.finish());
  // People come through Envoy: pages and API are one origin.
  out.push_back(service(scope, kUiName, chart.values.ui_service_type,
                        {servicePort("console", chart.values.console_port, "http"),
                         servicePort("grpc", chart.values.ui_api_port, "grpc"),
                         servicePort("healthcheck", chart.values.ui_health_port, "healthcheck")}));
  Draft dashboard = object(scope, "admin.gloo.solo.io/v2", "Dashboard", "settings", kUiName);
  dashboard["spec"] = Draft::object();
  out.push_back(dashboard.finish());
  out.push_back(deployment(
      scope, {.name = kUiName,
              .run_as_user = chart.values.run_as_user,
              .containers = {apiContainer(chart), consoleContainer(chart), envoyContainer(chart)},
              .volumes = {configMapVolume("envoy-config", kEnvoyConfig)},
              .pod_annotations = nullptr}));
}

}  // namespace meshka::mgmt::chart
