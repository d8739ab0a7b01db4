#include "vcluster/chart/chart.h"

#include "vcluster/chart/parts.h"

namespace meshka::vcluster {

using doc::Draft;

namespace chart {

Draft metadata(const ChartInput& input, const std::string& name, bool namespaced) {
  Draft meta = Draft::object({{"name", name},
                              {"labels", Draft::object({{"app", "vcluster"},
                                                        {"chart", "vcluster-0.9.1"},
                                                        {"release", input.tenant.name},
                                                        {"heritage", "Helm"}})}});
  if (namespaced) meta["namespace"] = input.tenant.host_namespace;
  return meta;
}

void appendServices(const ChartInput& input, std::vector<doc::Doc>& out) {
  const Draft selector = Draft::object({{"app", "vcluster"}, {"release", input.tenant.name}});
  const Draft port = Draft::object(
      {{"name", "https"}, {"port", 443}, {"targetPort", kServerPort}, {"protocol", "TCP"}});
  Draft service = Draft::object({{"apiVersion", "v1"}, {"kind", "Service"}});
  service["metadata"] = metadata(input, input.tenant.name);
  service["spec"] = Draft::object({{"type", input.values.service_type},
                                   {"ports", Draft::array({port})},
                                   {"selector", selector}});
  out.push_back(service.finish());

  Draft headless = Draft::object({{"apiVersion", "v1"}, {"kind", "Service"}});
  headless["metadata"] = metadata(input, input.tenant.name + "-headless");
  // Published before it is ready: the server answers its own readiness probe only when it can be
  // reached.
  headless["spec"] = Draft::object({{"clusterIP", "None"},
                                    {"publishNotReadyAddresses", true},
                                    {"ports", Draft::array({port})},
                                    {"selector", selector}});
  out.push_back(headless.finish());
}

}  // namespace chart

std::vector<doc::Doc> chartObjects(const ChartInput& input) {
  std::vector<doc::Doc> out;
  chart::appendRbac(input, out);
  chart::appendPolicies(input, out);
  chart::appendServices(input, out);
  chart::appendWorkload(input, out);
  return out;
}

}  // namespace meshka::vcluster
