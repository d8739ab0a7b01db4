// Prometheus, which scrapes the management server, and beside it what tells it to read its
// configuration again.
#include "base/strings.h"
#include "mgmt/chart/parts.h"

namespace meshka::mgmt::chart {

using doc::Draft;

namespace {

constexpr uint16_t kPrometheusPort = 9090;
constexpr std::string_view kStatsService = "gloo-mesh-mgmt-server-stats";

// The server has one pod, found by a Service of its own: metrics are not for the LoadBalancer, and
// not every build of Prometheus can ask an API server.
std::string config(const ServerChart& chart) {
  return cat(R"(global:
  scrape_interval: 15s
  scrape_timeout: 10s
  evaluation_interval: 15s
scrape_configs:
- job_name: gloo-mesh
  static_configs:
  - targets: [)",
             kStatsService, ".", chart.ns, ":", chart.values.stats_port, R"(]
    labels:
      app: )",
             kServerName, "\n      namespace: ", chart.ns, "\n");
}

}  // namespace

void appendPrometheus(const ServerChart& chart, const Scope& scope, std::vector<doc::Doc>& out) {
  if (!chart.values.prometheus) return;
  out.push_back(object(scope, "v1", "ServiceAccount", kPrometheusName, kPrometheusName).finish());
  Draft stats(service(scope, kServerName, "ClusterIP",
                      {servicePort("stats", chart.values.stats_port, "stats")}));
  stats["metadata"]["name"] = kStatsService;
  out.push_back(stats.finish());
  Draft map = object(scope, "v1", "ConfigMap", kPrometheusName, kPrometheusName);
  map["data"] = Draft::object({{"prometheus.yml", config(chart)}});
  out.push_back(map.finish());
  out.push_back(service(scope, kPrometheusName, "ClusterIP", {servicePort("http", 80, "http")}));
  Draft server = container(kPrometheusName, "quay.io/prometheus/prometheus:v2.42.0",
                           {"--config.file=/etc/config/prometheus.yml", "--storage.tsdb.path=/data",
                            "--storage.tsdb.retention.time=15d", "--web.enable-lifecycle",
                            cat("--web.listen-address=0.0.0.0:", kPrometheusPort)});
  server["ports"] = Draft::array({port("http", kPrometheusPort)});
  server["readinessProbe"] = readiness("/-/ready", "http");
  server["volumeMounts"] = Draft::array({mount("config", "/etc/config"), mount("data", "/data")});
  server["resources"]["requests"] = Draft::object({{"cpu", "50m"}, {"memory", "128Mi"}});
  Draft reloader = container("prometheus-server-configmap-reload", chart.own_image,
                             {"mgmt-ui", "config-reloader", "--watch=/etc/config/prometheus.yml",
                              cat("--url=http://127.0.0.1:", kPrometheusPort, "/-/reload")});
  reloader["volumeMounts"] = Draft::array({mount("config", "/etc/config")});
  reloader["resources"]["requests"] = Draft::object({{"cpu", "10m"}, {"memory", "16Mi"}});
  out.push_back(deployment(
      scope, {.name = kPrometheusName,
              .run_as_user = chart.values.run_as_user,
              .containers = {std::move(reloader), std::move(server)},
              .volumes = {configMapVolume("config", kPrometheusName), emptyVolume("data")},
              .pod_annotations = nullptr}));
}

}  // namespace meshka::mgmt::chart
