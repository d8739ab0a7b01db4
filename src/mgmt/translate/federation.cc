// The objects of federation, for each federated host: the local ServiceEntry in its own cluster,
// the remote ones where clients are, a DestinationRule beside each, and the gateways' servers.
#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "mgmt/translate/context.h"

namespace meshka::mgmt {

using doc::Draft;

namespace {

Draft labelMap(const Labels& labels) {
  Draft map = Draft::object();
  for (const auto& [key, value] : labels) map[key] = value;
  return map;
}

// What is the same in the local and the remote entry of a host.
Draft entrySpec(Context& context, const FederatedService& federated, const Service& service,
                bool with_target) {
  const std::string host = federated.host(service.cluster);
  Draft spec = Draft::object(
      {{"hosts", Draft::strings({host})}, {"location", "MESH_INTERNAL"}, {"resolution", "STATIC"}});
  const doc::Value wanted = context.settings.at(federated.workspace).ports;
  for (const ServicePort& port : service.ports) {
    bool chosen = wanted.empty();
    for (const doc::Value selector : wanted.elements()) {
      chosen = chosen || portSelected(selector, port);
    }
    if (!chosen) continue;
    Draft entry = Draft::object(
        {{"name", port.entryName()}, {"number", port.number}, {"protocol", port.protocol}});
    if (with_target) entry["targetPort"] = port.target;
    spec["ports"].push(std::move(entry));
  }
  return spec;
}

std::string entryName(const std::string& host, const std::string& workspace) {
  return sanitizeName(cat("vd-", host, "-", workspace));
}

void addEndpoints(Draft& spec, const Service& service, const Cluster& home,
                  const std::vector<EastWestGateway>& gateways) {
  std::vector<Draft> endpoints;
  std::vector<int64_t> weights;
  for (const EastWestGateway& gateway : gateways) {
    for (const GatewayAddress& address : gateway.addresses) {
      if (address.is_name) spec["resolution"] = "DNS";
      // Two accounts may stand behind one set of labels.
      std::map<Labels, int64_t> shapes;
      for (const auto& [shape, count] : service.pods) shapes[shape.labels] += count;
      // Without pods the far gateway refuses at once; Istio takes no static entry without
      // endpoints.
      if (shapes.empty()) shapes[service.selector] = 1;
      for (const auto& [labels, count] : shapes) {
        Draft endpoint = Draft::object({{"address", address.host}, {"locality", home.region}});
        endpoint["labels"] = labelMap(labels);
        endpoint["labels"]["security.istio.io/tlsMode"] = "istio";
        for (const ServicePort& port : service.ports) {
          endpoint["ports"][port.entryName()] = address.port;
        }
        endpoints.push_back(std::move(endpoint));
        weights.push_back(count);
      }
    }
  }
  for (size_t i = 0; i < endpoints.size(); ++i) {
    if (endpoints.size() > 1) endpoints[i]["weight"] = weights[i];
    spec["endpoints"].push(std::move(endpoints[i]));
  }
}

void addRule(Context& context, const Place& place, const std::string& host,
             const FederatedService& federated, const Service& service) {
  context.visible_hosts[cat(place.cluster->name, "/", place.workspace)].insert(host);
  HostRule& rule = context.rules.at(place, host, parentOf(service));
  for (const ServicePort& port : service.ports) {
    PortRule& settings = rule.ports[port.number];
    settings.mutual_tls = true;
    settings.subject_alt_names.insert(federated.identities.begin(), federated.identities.end());
  }
}

void writeLocal(Context& context, const FederatedService& federated, const Service& service,
                const std::string& address, const std::vector<Place>& clients,
                const std::vector<EastWestGateway>& gateways) {
  const Cluster& cluster = context.world.clusters.at(service.cluster);
  const std::string host = federated.host(cluster.name);
  const Place place{&cluster, service.ns, federated.workspace};
  Draft spec = entrySpec(context, federated, service, true);
  spec["addresses"] = Draft::strings({address});
  spec["workloadSelector"]["labels"] = labelMap(service.selector);
  spec["exportTo"] = context.exportList(service.ns, clients, gateways);
  context.outputs.add("ServiceEntry", place, entryName(host, federated.workspace),
                      parentOf(service), std::move(spec));
  for (const Place& client : clients) {
    addRule(context, client, host, federated, service);
    // With a twin elsewhere, the plain host accepts what both clusters' pods present, too. Where
    // some pods have no sidecar Istio's own choice for each endpoint must stay.
    if (federated.in.size() > 1 && service.pods_without_sidecar == 0) {
      const std::string plain = cat(service.name, ".", service.ns, ".svc.", cluster.domain);
      addRule(context, client, plain, federated, service);
    }
  }
}

void writeHost(Context& context, const FederatedService& federated, const Service& service,
               const std::set<std::string>& client_clusters, const std::set<std::string>& takers) {
  const std::string host = federated.host(service.cluster);
  const Cluster& home = context.world.clusters.at(service.cluster);
  const auto& gateways =
      context.federated
          .gateways[FederatedServices::gatewayKey(federated.workspace, service.cluster)];
  const std::string address =
      context.addresses.of("FederatedService", host, service.ns, service.cluster);
  for (const std::string& name : client_clusters) {
    const Cluster& cluster = context.world.clusters.at(name);
    if (!cluster.has_mesh) continue;
    const auto clients = context.clientPlaces(cluster, federated.workspace, takers);
    if (&cluster == &home) {
      writeLocal(context, federated, service, address, clients, gateways);
      continue;
    }
    if (gateways.empty()) continue;  // said where gateways are found
    Draft spec = entrySpec(context, federated, service, false);
    spec["addresses"] = Draft::strings({address});
    addEndpoints(spec, service, home, gateways);
    spec["exportTo"] = Draft::strings({"."});
    for (const Place& client : clients) {
      context.outputs.add("ServiceEntry", client, entryName(host, client.workspace),
                          parentOf(service), spec);
      addRule(context, client, host, federated, service);
    }
  }
  for (const EastWestGateway& gateway : gateways) {
    context.passthrough.serve(gateway, cat("*.", federated.suffix), federated.workspace,
                              federated.settings);
  }
}

}  // namespace

void writeFederation(Context& context) {
  for (const auto& [workspace_name, services] : context.federated.by_workspace) {
    const Workspace& owner = *context.workspaces.find(workspace_name);
    for (const FederatedService& federated : services) {
      for (const auto& [cluster, service] : federated.in) {
        const auto takers =
            context.sharing.takers("SERVICE", selectable(*service, context.world, workspace_name));
        std::set<std::string> client_clusters;
        for (const auto& [name, namespaces] : owner.namespaces) client_clusters.insert(name);
        for (const std::string& taker : takers) {
          for (const auto& [name, namespaces] : context.workspaces.find(taker)->namespaces) {
            client_clusters.insert(name);
          }
        }
        writeHost(context, federated, *service, client_clusters, takers);
      }
    }
  }
}

}  // namespace meshka::mgmt
