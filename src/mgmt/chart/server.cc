// The management server and its Redis.
#include "base/strings.h"
#include "mgmt/chart/crds.h"
#include "mgmt/chart/parts.h"

namespace meshka::mgmt::chart {

using doc::Draft;

namespace {

const std::vector<std::string> kRead = {"get", "list", "watch"};
const std::vector<std::string> kAll = {"*"};

std::string serverImage(const ServerChart& chart) {
  const ImageValues& image = chart.values.server_image;
  return cat(image.registry, "/", image.repository.empty() ? kServerName : image.repository, ":",
             image.tag.empty() ? chart.version : image.tag);
}

std::string redisAddress(const Values& values) {
  if (!values.redis_address.empty()) return values.redis_address;
  return cat(kRedisName, ":", values.redis_port);
}

Draft serverContainer(const ServerChart& chart) {
  const Values& values = chart.values;
  std::vector<std::string> args = {"mgmt-server", cat("--grpc-listen=0.0.0.0:", values.grpc_port),
                                   cat("--health-listen=0.0.0.0:", values.health_port),
                                   cat("--stats-listen=0.0.0.0:", values.stats_port),
                                   cat("--namespace=", chart.ns)};
  if (values.redis || !values.redis_address.empty())
    args.push_back(cat("--redis=", redisAddress(values)));
  if (values.insecure) args.emplace_back("--insecure");
  if (!values.shared_trust) args.emplace_back("--disable-shared-trust");
  args.emplace_back("--server-tls=/etc/gloo-mesh/relay-server-tls");
  args.emplace_back("--signing-tls=/etc/gloo-mesh/relay-signing-tls");
  args.emplace_back("--token-file=/etc/gloo-mesh/relay-token/token");
  Draft out = container(kServerName, serverImage(chart), args);
  out["imagePullPolicy"] = values.server_image.pull_policy;
  out["env"] = Draft::array({Draft::object(
      {{"name", "LICENSE_KEY"},
       {"valueFrom", Draft::object({{"secretKeyRef", Draft::object({{"name", kLicenseSecret},
                                                                    {"key", "key"},
                                                                    {"optional", true}})}})}})});
  out["ports"] =
      Draft::array({port("grpc", values.grpc_port), port("healthcheck", values.health_port),
                    port("stats", values.stats_port)});
  out["readinessProbe"] = readiness("/ready", "healthcheck");
  out["volumeMounts"] =
      Draft::array({mount("relay-server-tls", "/etc/gloo-mesh/relay-server-tls"),
                    mount("relay-signing-tls", "/etc/gloo-mesh/relay-signing-tls"),
                    mount("relay-token", "/etc/gloo-mesh/relay-token")});
  out["resources"] =
      values.server_resources.exists()
          ? Draft(values.server_resources)
          : Draft::object({{"requests", Draft::object({{"cpu", "125m"}, {"memory", "256Mi"}})}});
  return out;
}

}  // namespace

void appendServer(const ServerChart& chart, const Scope& scope, std::vector<doc::Doc>& out) {
  const Values& values = chart.values;
  appendAccount(
      scope, kServerName,
      {{crdGroups(), {"*"}, kAll},
       {{""}, {"secrets", "configmaps"}, kAll},
       {{""}, {"events"}, {"create", "patch"}},
       {{"coordination.k8s.io"}, {"leases"}, kAll},
       {{"apiextensions.k8s.io"}, {"customresourcedefinitions"}, kRead},
       {{""}, {"namespaces", "nodes", "pods", "services", "endpoints", "serviceaccounts"}, kRead},
       {{"apps"}, {"deployments", "replicasets", "statefulsets", "daemonsets"}, kRead}},
      out);
  out.push_back(service(scope, kServerName, values.server_service_type,
                        {servicePort("grpc", values.grpc_port, "grpc"),
                         servicePort("healthcheck", values.health_port, "healthcheck")}));
  Draft server(deployment(
      scope, {.name = kServerName,
              .run_as_user = values.run_as_user,
              .containers = {serverContainer(chart)},
              .volumes = {secretVolume("relay-server-tls", kServerTlsSecret, values.insecure),
                          secretVolume("relay-signing-tls", kSigningTlsSecret, values.insecure),
                          secretVolume("relay-token", kTokenSecret, values.insecure)},
              .pod_annotations = Draft::object({{"prometheus.io/scrape", "true"},
                                                {"prometheus.io/path", "/metrics"},
                                                {"prometheus.io/port", cat(values.stats_port)}})}));
  server["metadata"]["annotations"]["meta.helm.sh/release-name"] = chart.release_name;
  out.push_back(server.finish());
}

void appendRedis(const ServerChart& chart, const Scope& scope, std::vector<doc::Doc>& out) {
  if (!chart.values.redis) return;
  out.push_back(object(scope, "v1", "ServiceAccount", kRedisName, kRedisName).finish());
  out.push_back(service(scope, kRedisName, "ClusterIP",
                        {servicePort("redis", chart.values.redis_port, "redis")}));
  // Snapshots of the relay can be made again, so a file in the pod's own volume is enough: it
  // survives a restart of the container. hz 1: nothing here expires, it need not look ten times a
  // second.
  Draft redis = container(
      kRedisName, "docker.io/redis:7.0",
      {"--bind", "0.0.0.0", "--protected-mode", "no", "--port", cat(chart.values.redis_port),
       "--dir", "/data", "--save", "60 1", "--appendonly", "no", "--hz", "1"});
  redis["ports"] = Draft::array({port("redis", chart.values.redis_port)});
  redis["readinessProbe"] = readiness("", "redis");
  redis["volumeMounts"] = Draft::array({mount("data", "/data")});
  redis["resources"]["requests"] = Draft::object({{"cpu", "50m"}, {"memory", "64Mi"}});
  out.push_back(deployment(scope, {.name = kRedisName,
                                   .run_as_user = chart.values.run_as_user,
                                   .containers = {std::move(redis)},
                                   .volumes = {emptyVolume("data")},
                                   .pod_annotations = nullptr}));
}

}  // namespace meshka::mgmt::chart
