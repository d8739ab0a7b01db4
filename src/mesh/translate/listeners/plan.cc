// Renders an outbound listener.
#include "mesh/translate/listeners/plan.h"

#include "base/strings.h"
#include "doc/json.h"
#include "mesh/translate/clusters/outbound.h"
#include "mesh/translate/envoy/blocks.h"
#include "mesh/translate/envoy/http.h"

namespace meshka::mesh {
namespace {

Draft httpChain(const MeshConfig& config, const ListenerPlan& plan, Draft protocols,
                std::string_view offer) {
  HttpManager manager;
  manager.stat_prefix = cat("outbound_", plan.bind, "_", plan.port);
  manager.route_name = plan.route_name;
  manager.grpc = plan.grpc;
  if (!offer.empty()) manager.before.push_back(alpnFilter(offer));
  return obj("filter_chain_match",
             obj("transport_protocol", "raw_buffer", "application_protocols", std::move(protocols)),
             "filters", arr(httpManager(config, std::move(manager))));
}

void addHttpChains(const MeshConfig& config, const ListenerPlan& plan, Draft& chains) {
  if (!plan.sniffed) {
    chains.push(httpChain(config, plan, arr("http/1.0", "http/1.1", "h2c"), ""));
    return;
  }
  // A server that sniffs too must be told what comes inside the TLS.
  chains.push(
      httpChain(config, plan, arr("http/1.0", "http/1.1"), "istio-http/1.1,istio,http/1.1"));
  chains.push(httpChain(config, plan, arr("h2c"), "istio-h2,istio,h2"));
}

}  // namespace

void ListenerPlan::addChain(Draft match, Draft filter) {
  if (!matches.insert(doc::toJson(match.finish())).second) return;
  chains.push_back(obj("filter_chain_match", std::move(match), "filters", arr(std::move(filter))));
}

NamedResource listenerOf(const MeshConfig& config, ListenerPlan plan, bool allow_any) {
  Draft listener =
      obj("name", cat(plan.bind, "_", plan.port), "address", address(plan.bind, plan.port),
          "bind_to_port", false, "traffic_direction", "OUTBOUND");
  Draft logs = listenerAccessLogs(config);
  if (logs.size() > 0) listener["access_log"] = std::move(logs);
  Draft chains = Draft::array();
  if (plan.http) addHttpChains(config, plan, chains);
  for (Draft& chain : plan.chains) chains.push(std::move(chain));
  if (chains.size() == 0) {
    listener["filter_chains"] = arr(obj("filters", arr(std::move(plan.rest))));
    return named(std::move(listener));
  }
  listener["filter_chains"] = std::move(chains);
  listener["listener_filters"] = arr(tlsInspector(), httpInspector());
  listener["listener_filters_timeout"] = "0s";
  listener["continue_on_listener_filters_timeout"] = true;
  if (!plan.rest.isNull()) {
    listener["default_filter_chain"] = obj("filters", arr(std::move(plan.rest)));
  } else {
    const std::string_view cluster = allow_any ? kPassthrough : kBlackHole;
    listener["default_filter_chain"] =
        obj("name", "PassthroughFilterChain", "filters", arr(tcpProxy(config, cluster, cluster)));
  }
  return named(std::move(listener));
}

}  // namespace meshka::mesh
