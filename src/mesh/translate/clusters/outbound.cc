// Outbound clusters: how endpoints are found, and what the rule for the service adds.
#include "mesh/translate/clusters/outbound.h"

#include "base/strings.h"
#include "mesh/translate/clusters/policy.h"
#include "mesh/translate/clusters/tls.h"
#include "mesh/translate/endpoints/assignment.h"
#include "mesh/translate/envoy/blocks.h"

namespace meshka::mesh {
namespace {

// For people: which objects a cluster comes from.
Draft metadata(const Service& service, const Rule* rule, std::string_view subset) {
  Draft istio = obj("services",
                    arr(obj("host", service.host, "name", service.name, "namespace", service.ns)));
  if (rule != nullptr) {
    istio["config"] = cat("/apis/networking.istio.io/v1alpha3/namespaces/", rule->ns,
                          "/destination-rule/", rule->object);
  }
  if (!subset.empty()) istio["subset"] = subset;
  return obj("filter_metadata", obj("istio", std::move(istio)));
}

void useDns(Draft& cluster, Draft assignment, bool one_at_a_time) {
  Draft config = any("envoy.extensions.clusters.dns.v3.DnsCluster", "dns_refresh_rate", "5s",
                     "respect_dns_ttl", true, "dns_lookup_family", "V4_ONLY");
  if (one_at_a_time) config["all_addresses_in_single_endpoint"] = true;
  cluster["cluster_type"] = obj("name", "envoy.cluster.dns", "typed_config", std::move(config));
  cluster["load_assignment"] = std::move(assignment);
}

void useEds(Draft& cluster, std::string_view name) {
  cluster["type"] = "EDS";
  cluster["eds_cluster_config"] = obj("eds_config", adsSource(), "service_name", name);
}

void setDiscovery(Draft& cluster, const Model& model, const ProxyIdentity& proxy,
                  const Service& service, const Port& port, std::string_view subset,
                  const TrafficPolicy& policy) {
  const std::string name = outboundName(port.number, subset, service.host);
  const bool passthrough = policy.load_balancer["simple"].text() == "PASSTHROUGH";
  if (passthrough || service.resolution == Resolution::kPassthrough) {
    cluster["type"] = "ORIGINAL_DST";
    cluster["lb_policy"] = "CLUSTER_PROVIDED";
  } else if (service.resolution == Resolution::kEds) {
    useEds(cluster, name);
  } else {
    const bool one = service.resolution == Resolution::kDnsRoundRobin;
    useDns(cluster, assignment(model, proxy, service, port, subset, name, EndpointView::kAll),
           one && service.endpoints.size() == 1);
  }
}

void setProtocol(Draft& cluster, const Port& port, const TrafficPolicy& policy) {
  const doc::Value http = policy.connection_pool["http"];
  Draft options;
  if (http["useClientProtocol"].boolean() || port.protocol == Protocol::kAuto) {
    options = downstreamOptions();
  } else if (isHttp2(port.protocol) ||
             (isHttp(port.protocol) && http["h2UpgradePolicy"].text() == "UPGRADE")) {
    options = http2Options();
  } else if (isHttp(port.protocol)) {
    options = http1Options();
  } else {
    return;
  }
  addPoolOptions(options, http);
  cluster["typed_extension_protocol_options"] = std::move(options);
}

}  // namespace

NamedResource named(Draft config) {
  NamedResource out;
  out.config = config.finish();
  out.name = out.config["name"].text();
  return out;
}

std::vector<std::string> subsetsOf(const Rule* rule) {
  std::vector<std::string> out{""};
  if (rule == nullptr) return out;
  for (doc::Value subset : rule->subsets) out.emplace_back(subset["name"].text());
  return out;
}

NamedResource outboundCluster(const Model& model, const ProxyIdentity& proxy,
                              const Service& service, const Port& port, std::string_view subset) {
  const Rule* rule = model.rule(proxy.ns, service);
  const TrafficPolicy policy = policyOf(rule, port.number, subset);
  const std::string name = outboundName(port.number, subset, service.host);
  Draft cluster =
      obj("name", name, "connect_timeout", "10s", "metadata", metadata(service, rule, subset));
  applyPolicy(cluster, policy);
  setDiscovery(cluster, model, proxy, service, port, subset, policy);
  setProtocol(cluster, port, policy);
  setTls(cluster, model, proxy, service, port, subset, policy);
  return named(std::move(cluster));
}

NamedResource dnatCluster(const Model& model, const ProxyIdentity& proxy, const Service& service,
                          const Port& port, std::string_view subset) {
  const Rule* rule = passedRule(model, proxy, service);
  TrafficPolicy policy = policyOf(rule, port.number, subset);
  policy.load_balancer = {};
  const std::string name = dnatName(port.number, subset, service.host);
  Draft cluster =
      obj("name", name, "connect_timeout", "10s", "metadata", metadata(service, rule, subset));
  applyPolicy(cluster, policy);
  useEds(cluster, name);
  return named(std::move(cluster));
}

}  // namespace meshka::mesh
