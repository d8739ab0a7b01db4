// Rules to routes.
#include "mesh/translate/routes/virtual_service.h"

#include "base/strings.h"

namespace meshka::mesh {
namespace {

Draft routeOf(const RouteContext& context, const VirtualService& vs, doc::Value rule,
              doc::Value match) {
  Draft out = obj("match", routeMatch(match));
  std::string name(rule["name"].text());
  if (!match["name"].text().empty()) name = cat(name, ".", match["name"].text());
  if (!name.empty()) out["name"] = name;
  setAction(out, context, rule, match);
  if (out.contains("route")) {
    out["decorator"] = obj("operation", operationOf(context, rule, match));
  }
  out["metadata"] =
      obj("filter_metadata",
          obj("istio", obj("config", cat("/apis/networking.istio.io/v1alpha3/namespaces/", vs.ns,
                                         "/virtual-service/", vs.name))));
  return out;
}

}  // namespace

std::vector<Draft> virtualServiceRoutes(const RouteContext& context, const VirtualService& vs,
                                        const RoutePlace& place) {
  std::vector<Draft> out;
  RouteContext own{context.model, context.proxy, vs.ns, context.port};
  for (doc::Value rule : vs.spec["http"].elements()) {
    if (rule["match"].empty()) {
      out.push_back(routeOf(own, vs, rule, {}));
      return out;
    }
    for (doc::Value match : rule["match"].elements()) {
      if (!holdsAt(match, place)) continue;
      out.push_back(routeOf(own, vs, rule, match));
      if (matchesAll(match)) return out;
    }
  }
  return out;
}

}  // namespace meshka::mesh
