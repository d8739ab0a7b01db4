#include "mgmt/translate/east_west.h"

#include <utility>

#include "base/strings.h"
#include "mgmt/translate/names.h"
#include "mgmt/translate/selectors.h"

namespace meshka::mgmt {

using doc::Draft;
using doc::Value;

namespace {

constexpr const char* kDefaultName = "istio-eastwestgateway";
constexpr const char* kDefaultNamespace = "istio-system";

std::string text(Value value) {
  return std::string(value.text());
}

Value portOf(const Service& service, Value selector, const ServicePort** port) {
  for (const ServicePort& candidate : service.ports) {
    const bool chosen = selector.exists() && !selector.empty() ? portSelected(selector, candidate)
                                                               : candidate.name == "tls";
    if (!chosen) continue;
    *port = &candidate;
    for (const Value entry : service.object["spec"]["ports"].elements()) {
      if (entry["port"].integer() == candidate.number) return entry;
    }
  }
  return {};
}

std::vector<GatewayAddress> addressesOf(const Service& service, Value entry, const Cluster& cluster,
                                        Value overrides) {
  std::vector<GatewayAddress> found;
  const int64_t number = entry["port"].integer();
  for (const Value over : overrides.elements()) {
    const std::string host(over["addr"].text(over["address"].text()));
    const bool is_name = host.find_first_not_of("0123456789.:") != std::string::npos;
    found.push_back({host, over["port"].integer(number), is_name});
  }
  if (!found.empty()) return found;
  for (const Value ingress : service.object["status"]["loadBalancer"]["ingress"].elements()) {
    if (!ingress["ip"].text().empty())
      found.push_back({text(ingress["ip"]), number, false});
    else if (!ingress["hostname"].text().empty())
      found.push_back({text(ingress["hostname"]), number, true});
  }
  for (const Value ip : service.object["spec"]["externalIPs"].elements()) {
    found.push_back({text(ip), number, false});
  }
  if (found.empty() && service.object["spec"]["type"].text() == "NodePort" &&
      entry["nodePort"].integer() > 0 && !cluster.node_address.empty()) {
    found.push_back({cluster.node_address, entry["nodePort"].integer(), false});
  }
  return found;
}

void addGateway(const Service& service, const Cluster& cluster, Value choice,
                const ObjectId& source, Statuses& statuses, std::vector<EastWestGateway>& out) {
  const std::string title =
      cat("east-west gateway ", service.ns, "/", service.name, " of cluster ", cluster.name);
  const ServicePort* port = nullptr;
  const Value entry = portOf(service, choice["port"], &port);
  if (port == nullptr) {
    statuses.warn(source, cat(title,
                              " has no port called tls: name it so, or set "
                              "options.eastWestGateways[].port"));
    return;
  }
  auto addresses = addressesOf(service, entry, cluster, choice["hostInfoOverrides"]);
  if (addresses.empty()) {
    statuses.warn(source, cat(title,
                              " has no address yet: other clusters cannot reach the "
                              "services behind it until its Service has one"));
    return;
  }
  out.push_back({cluster.name, service.ns, service.name, service.selector, port->target,
                 std::move(addresses)});
}

}  // namespace

std::vector<EastWestGateway> findEastWest(const Cluster& cluster, const Settings& settings,
                                          const ObjectId& blame, Statuses& statuses) {
  std::vector<EastWestGateway> found;
  bool any = false;
  for (const auto& [key, service] : cluster.services) {
    if (settings.gateways.empty()) {
      if (service.name != kDefaultName || service.ns != kDefaultNamespace) continue;
      any = true;
      addGateway(service, cluster, {}, blame, statuses, found);
      continue;
    }
    for (const Value choice : settings.gateways.elements()) {
      const Selectable object{service.name,       service.ns, cluster.name,
                              cluster.given_name, "",         &service.labels};
      if (!objectSelected(choice["selector"], object)) continue;
      any = true;
      addGateway(service, cluster, choice, blame, statuses, found);
      break;
    }
  }
  if (!any) {
    const std::string what = settings.gateways.empty()
                                 ? cat("there is no Service ", kDefaultNamespace, "/", kDefaultName)
                                 : std::string("no Service fits options.eastWestGateways");
    statuses.warn(blame, cat("cluster ", cluster.name, " has no east-west gateway: ", what,
                             "; other clusters cannot reach its services"));
  }
  return found;
}

void EastWestServers::serve(const EastWestGateway& gateway, const std::string& host,
                            const std::string& workspace, const ObjectId& source) {
  const auto [found, fresh] =
      servers_.emplace(cat(gateway.cluster, "/", gateway.ns, "/", gateway.name),
                       Server{gateway, workspace, source, {}});
  found->second.hosts.insert(host);
}

void EastWestServers::write(const World& world, Outputs& outputs) const {
  for (const auto& [key, server] : servers_) {
    const EastWestGateway& gateway = server.gateway;
    Draft selector = Draft::object();
    for (const auto& [label, value] : gateway.selector) selector[label] = value;
    Draft listener = Draft::object();
    listener["port"] =
        Draft::object({{"number", gateway.container_port}, {"name", "tls"}, {"protocol", "TLS"}});
    listener["tls"]["mode"] = "AUTO_PASSTHROUGH";
    listener["hosts"] =
        Draft::strings(std::vector<std::string>(server.hosts.begin(), server.hosts.end()));
    const std::string name =
        sanitizeName(cat("eastwest-", gateway.name, "-", gateway.ns, "-", gateway.cluster));
    const Place place{&world.clusters.at(gateway.cluster), gateway.ns, server.workspace};
    outputs.add("Gateway", place, name, parentOf(server.source),
                Draft::object({{"selector", std::move(selector)},
                               {"servers", Draft::array({std::move(listener)})}}));
  }
}

}  // namespace meshka::mgmt
