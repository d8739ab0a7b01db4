// Forwarding actions.
#include "mesh/translate/routes/action.h"

#include "base/strings.h"
#include "mesh/translate/duration.h"
#include "mesh/translate/envoy/blocks.h"
#include "mesh/translate/routes/extras.h"

namespace meshka::mesh {
namespace {

void setRewrite(Draft& action, doc::Value rewrite, doc::Value match) {
  if (!rewrite.isObject()) return;
  const std::string_view uri = rewrite["uri"].text();
  if (!uri.empty()) {
    const doc::Value regex = match["uri"]["regex"];
    if (regex.exists()) {
      action["regex_rewrite"] = obj("pattern", obj("regex", regex), "substitution", uri);
    } else {
      action["prefix_rewrite"] = uri;
    }
  }
  if (!rewrite["authority"].text().empty()) {
    action["host_rewrite_literal"] = rewrite["authority"];
  }
}

void setMirror(Draft& action, const RouteContext& context, doc::Value rule) {
  if (!rule["mirror"].isObject()) return;
  double percent = 100;
  if (rule["mirrorPercentage"].isObject()) {
    percent = rule["mirrorPercentage"]["value"].number(0);
  } else if (rule["mirrorPercent"].exists()) {
    percent = rule["mirrorPercent"].number(100);
  }
  if (percent <= 0) return;
  action["request_mirror_policies"] =
      arr(obj("cluster", destinationCluster(context, rule["mirror"]), "runtime_fraction",
              obj("default_value", million(percent))));
}

void setTargets(Draft& action, Draft& route, const RouteContext& context, doc::Value rule) {
  std::vector<Weighted> targets = weightedDestinations(context, rule["route"]);
  if (targets.empty()) return;
  if (targets.size() == 1) {
    action["cluster"] = targets[0].cluster;
    addHeaders(route, targets[0].source["headers"]);
    return;
  }
  Draft clusters = Draft::array();
  for (const Weighted& target : targets) {
    Draft one = obj("name", target.cluster, "weight", target.weight);
    addHeaders(one, target.source["headers"]);
    clusters.push(std::move(one));
  }
  action["weighted_clusters"] = obj("clusters", std::move(clusters));
}

void setHash(Draft& action, const RouteContext& context, doc::Value rule) {
  for (doc::Value target : rule["route"].elements()) {
    const auto cluster = parseClusterName(destinationCluster(context, target["destination"]));
    const Service* service = context.model.service(cluster->host, context.proxy.ns);
    const Port* port = service != nullptr ? service->port(cluster->port) : nullptr;
    if (port == nullptr) continue;
    Draft hash = hashPolicies(context, *service, *port, cluster->subset);
    if (hash.size() == 0) continue;
    action["hash_policy"] = std::move(hash);
    return;
  }
}

}  // namespace

std::string destinationCluster(const RouteContext& context, doc::Value destination) {
  const std::string host =
      fullHost(destination["host"].text(), context.rule_ns, context.model.config().cluster_domain);
  int port = static_cast<int>(destination["port"]["number"].integer());
  if (port == 0) {
    const Service* service = context.model.service(host, context.proxy.ns);
    const bool one = service != nullptr && service->ports.size() == 1;
    port = one ? service->ports[0].number : context.port;
  }
  return outboundName(port, destination["subset"].text(), host);
}

std::vector<Weighted> weightedDestinations(const RouteContext& context, doc::Value list) {
  std::vector<Weighted> out;
  int64_t sum = 0;
  for (doc::Value target : list.elements()) sum += target["weight"].integer();
  for (doc::Value target : list.elements()) {
    const int64_t weight = sum > 0 ? target["weight"].integer() : 1;  // none given: equal shares
    if (weight <= 0) continue;
    out.push_back({destinationCluster(context, target["destination"]), weight, target});
  }
  return out;
}

Draft plainAction(std::string_view cluster) {
  return obj("cluster", cluster, "timeout", "0s", "max_stream_duration",
             obj("max_stream_duration", "0s", "grpc_timeout_header_max", "0s"), "retry_policy",
             defaultRetry());
}

void setAction(Draft& route, const RouteContext& context, doc::Value rule, doc::Value match) {
  addHeaders(route, rule["headers"]);
  if (rule["redirect"].isObject()) {
    route["redirect"] = redirectOf(rule["redirect"]);
    return;
  }
  if (rule["directResponse"].isObject()) {
    Draft answer = obj("status", rule["directResponse"]["status"].integer());
    const doc::Value body = rule["directResponse"]["body"];
    if (body["string"].exists()) answer["body"] = obj("inline_string", body["string"]);
    if (body["bytes"].exists()) answer["body"] = obj("inline_bytes", body["bytes"]);
    route["direct_response"] = std::move(answer);
    return;
  }
  Draft action = plainAction("");
  action.erase("cluster");
  setTargets(action, route, context, rule);
  if (!action.contains("cluster") && !action.contains("weighted_clusters")) {
    route["direct_response"] = obj("status", 500);  // a rule that says nothing
    return;
  }
  if (const auto timeout = durationText(rule["timeout"])) action["timeout"] = *timeout;
  if (rule["retries"].isObject()) setRetries(action, rule["retries"]);
  setRewrite(action, rule["rewrite"], match);
  setMirror(action, context, rule);
  setHash(action, context, rule);
  route["route"] = std::move(action);
  Draft per_filter = filterOverrides(rule);
  if (per_filter.size() > 0) route["typed_per_filter_config"] = std::move(per_filter);
}

std::string operationOf(const RouteContext& context, doc::Value rule, doc::Value match) {
  const std::string_view path = match["uri"]["exact"].text();
  std::string tail = path.empty() ? cat(match["uri"]["prefix"].text("/"), "*") : std::string(path);
  if (match["uri"]["regex"].exists()) tail = match["uri"]["regex"].text();
  const doc::Value first = rule["route"][size_t{0}]["destination"];
  const auto cluster = parseClusterName(destinationCluster(context, first));
  return cat(cluster->host, ":", cluster->port, tail);
}

}  // namespace meshka::mesh
