// consistentHash of a DestinationRule, which Envoy wants on the routes.
#include "mesh/translate/duration.h"
#include "mesh/translate/routes/action.h"

namespace meshka::mesh {

Draft hashPolicies(const RouteContext& context, const Service& service, const Port& port,
                   std::string_view subset) {
  Draft out = Draft::array();
  const Rule* rule = context.model.rule(context.proxy.ns, service);
  const doc::Value hash = policyOf(rule, port.number, subset).load_balancer["consistentHash"];
  if (!hash.isObject()) return out;
  if (hash["httpHeaderName"].exists()) {
    out.push(obj("header", obj("header_name", hash["httpHeaderName"])));
  } else if (hash["httpCookie"].isObject()) {
    const doc::Value cookie = hash["httpCookie"];
    Draft one = obj("name", cookie["name"]);
    if (const auto ttl = durationText(cookie["ttl"])) one["ttl"] = *ttl;
    if (cookie["path"].exists()) one["path"] = cookie["path"];
    out.push(obj("cookie", std::move(one)));
  } else if (hash["useSourceIp"].boolean()) {
    out.push(obj("connection_properties", obj("source_ip", true)));
  } else if (hash["httpQueryParameterName"].exists()) {
    out.push(obj("query_parameter", obj("name", hash["httpQueryParameterName"])));
  }
  return out;
}

}  // namespace meshka::mesh
