// Traffic policies.
#include "mesh/translate/clusters/policy.h"

#include "base/strings.h"
#include "mesh/translate/duration.h"
#include "mesh/translate/envoy/blocks.h"

namespace meshka::mesh {
namespace {

Draft breakers(doc::Value pool) {
  Draft out = noLimits();
  Draft& limits = out["thresholds"].at(0);
  const auto limit = [&](std::string_view member, doc::Value value) {
    if (value.integer() > 0) limits[member] = value.integer();
  };
  limit("max_connections", pool["tcp"]["maxConnections"]);
  limit("max_pending_requests", pool["http"]["http1MaxPendingRequests"]);
  limit("max_requests", pool["http"]["http2MaxRequests"]);
  limit("max_retries", pool["http"]["maxRetries"]);
  return out;
}

void setTcp(Draft& cluster, doc::Value tcp) {
  if (const auto timeout = durationText(tcp["connectTimeout"])) {
    cluster["connect_timeout"] = *timeout;
  }
  const doc::Value keepalive = tcp["tcpKeepalive"];
  if (!keepalive.isObject()) return;
  Draft out = obj();
  if (keepalive["probes"].integer() > 0) out["keepalive_probes"] = keepalive["probes"].integer();
  if (const auto s = durationSeconds(keepalive["time"])) out["keepalive_time"] = *s;
  if (const auto s = durationSeconds(keepalive["interval"])) out["keepalive_interval"] = *s;
  cluster["upstream_connection_options"] = obj("tcp_keepalive", std::move(out));
}

Draft outlier(doc::Value from) {
  Draft out = obj("enforcing_success_rate", 0);
  const auto errors = [&](doc::Value count, std::string_view member, std::string_view enforcing) {
    if (!count.exists() || count.isNull()) return;
    const int64_t n = count.integer();
    if (n > 0) out[member] = n;
    out[enforcing] = n > 0 ? 100 : 0;
  };
  doc::Value consecutive = from["consecutive5xxErrors"];
  if (!consecutive.exists()) consecutive = from["consecutiveErrors"];
  errors(consecutive, "consecutive_5xx", "enforcing_consecutive_5xx");
  errors(from["consecutiveGatewayErrors"], "consecutive_gateway_failure",
         "enforcing_consecutive_gateway_failure");
  if (const auto t = durationText(from["interval"])) out["interval"] = *t;
  if (const auto t = durationText(from["baseEjectionTime"])) out["base_ejection_time"] = *t;
  if (from["maxEjectionPercent"].integer() > 0) {
    out["max_ejection_percent"] = from["maxEjectionPercent"].integer();
  }
  if (from["splitExternalLocalOriginErrors"].boolean()) {
    out["split_external_local_origin_errors"] = true;
    errors(from["consecutiveLocalOriginFailures"], "consecutive_local_origin_failure",
           "enforcing_consecutive_local_origin_failure");
  }
  return out;
}

void setBalancer(Draft& cluster, doc::Value balancer) {
  const std::string_view simple = balancer["simple"].text();
  if (balancer["consistentHash"].isObject()) {
    const int64_t size = balancer["consistentHash"]["minimumRingSize"].integer(1024);
    cluster["lb_policy"] = "RING_HASH";
    cluster["ring_hash_lb_config"] = obj("minimum_ring_size", size > 0 ? size : 1024);
  } else if (simple == "LEAST_CONN" || simple == "LEAST_REQUEST") {
    cluster["lb_policy"] = "LEAST_REQUEST";
  } else if (simple == "RANDOM") {
    cluster["lb_policy"] = "RANDOM";
  }
}

}  // namespace

doc::Value localitySettings(const TrafficPolicy& policy) {
  const doc::Value setting = policy.load_balancer["localityLbSetting"];
  if (!setting.isObject() || !setting["enabled"].boolean(true)) return {};
  return setting;
}

bool prefersLocality(const TrafficPolicy& policy) {
  const doc::Value setting = policy.load_balancer["localityLbSetting"];
  return policy.outlier.isObject() && setting["enabled"].boolean(true);
}

void applyPolicy(Draft& cluster, const TrafficPolicy& policy) {
  cluster["circuit_breakers"] = breakers(policy.connection_pool);
  setTcp(cluster, policy.connection_pool["tcp"]);
  setBalancer(cluster, policy.load_balancer);
  // A panic would send to endpoints that are known to be bad instead of failing fast.
  double panic = 0;
  if (policy.outlier.isObject()) {
    cluster["outlier_detection"] = outlier(policy.outlier);
    panic = policy.outlier["minHealthPercent"].number(0);
  }
  Draft common = obj("healthy_panic_threshold", obj("value", panic));
  const doc::Value setting = localitySettings(policy);
  if (!setting["failover"].empty() || !setting["distribute"].empty()) {
    common["locality_weighted_lb_config"] = obj();
  }
  cluster["common_lb_config"] = std::move(common);
}

void addPoolOptions(Draft& options, doc::Value http) {
  Draft common = obj();
  if (http["maxRequestsPerConnection"].integer() > 0) {
    common["max_requests_per_connection"] = http["maxRequestsPerConnection"].integer();
  }
  if (const auto t = durationText(http["idleTimeout"])) common["idle_timeout"] = *t;
  if (common.size() == 0) return;
  options["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"]
         ["common_http_protocol_options"] = std::move(common);
}

}  // namespace meshka::mesh
