// The objects of VirtualDestinations: in every cluster with clients or pods a ServiceEntry, a
// WorkloadEntry for each gateway of the others, and DestinationRules.
#include <utility>

#include "base/strings.h"
#include "mgmt/translate/context.h"
#include "mgmt/translate/destination_policies.h"
#include "mgmt/translate/failover.h"
#include "mgmt/translate/policies.h"

namespace meshka::mgmt {

using doc::Draft;
using doc::Value;

namespace {

int64_t targetOf(const VirtualPort& port, const Service& service) {
  for (const ServicePort& candidate : service.ports) {
    const bool chosen = port.target.empty() ? candidate.number == port.number
                                            : portSelected(port.target, candidate);
    if (chosen) return candidate.target;
  }
  // Not a port of the Service: then what the pods listen on.
  return port.target["number"].integer(port.number);
}

class Writer {
 public:
  Writer(Context& context, const VirtualDestination& virtual_destination)
      : context_(context),
        destination_(virtual_destination),
        id_(virtual_destination.object->id),
        workspace_(virtual_destination.object->workspace) {}

  void write() {
    for (const auto& [name, service] : destination_.backing) {
      gateways_[name] = findEastWest(context_.world.clusters.at(name),
                                     context_.settings.at(workspace_), id_, context_.statuses);
    }
    for (const auto& [name, cluster] : context_.world.clusters) {
      if (!cluster.has_mesh) continue;
      const auto clients = context_.clientPlaces(cluster, workspace_, destination_.takers);
      const auto local = destination_.backing.find(name);
      const bool has_local = local != destination_.backing.end();
      if (clients.empty() && !has_local) continue;
      for (const std::string& host : destination_.hosts) {
        writeEntry(cluster, clients, has_local ? local->second : nullptr, host);
        for (const Place& place : clients) writeRule(place, host);
      }
      if (has_local) serve(name);
      context_.statuses.applied(id_, workspace_, name);
    }
  }

 private:
  void serve(const std::string& cluster) {
    for (const EastWestGateway& gateway : gateways_[cluster]) {
      for (const std::string& host : destination_.hosts) {
        context_.passthrough.serve(gateway, host, workspace_, id_);
      }
    }
  }

  // Where its entry stands: beside the pods, else in a namespace with clients.
  Place placeIn(const Cluster& cluster, const std::vector<Place>& clients, const Service* local) {
    if (local != nullptr) return {&cluster, local->ns, workspace_};
    for (const Place& place : clients) {
      if (place.ns == id_.ns) return place;
    }
    return clients.front();
  }

  void writeEntry(const Cluster& cluster, const std::vector<Place>& clients, const Service* local,
                  const std::string& host) {
    const Place place = placeIn(cluster, clients, local);
    const std::string name = sanitizeName(cat("vd-", host, "-", workspace_));
    Draft spec = Draft::object({{"hosts", Draft::strings({host})},
                                {"location", "MESH_INTERNAL"},
                                {"resolution", "STATIC"}});
    spec["addresses"] = Draft::strings({address(host)});
    for (const VirtualPort& port : destination_.ports) {
      Draft entry = Draft::object(
          {{"name", port.entryName()}, {"number", port.number}, {"protocol", port.protocol}});
      if (local != nullptr) entry["targetPort"] = targetOf(port, *local);
      spec["ports"].push(std::move(entry));
    }
    for (const auto& [other, service] : destination_.backing) {
      if (other == cluster.name) continue;
      addRemote(spec, place, name, other, *service, local);
    }
    if (local != nullptr) {
      for (const auto& [key, value] : local->selector) {
        spec["workloadSelector"]["labels"][key] = value;
      }
    }
    const auto own = gateways_.find(cluster.name);
    spec["exportTo"] = context_.exportList(
        place.ns, clients, own == gateways_.end() ? std::vector<EastWestGateway>{} : own->second);
    context_.outputs.add("ServiceEntry", place, name, parentOf(id_), std::move(spec));
  }

  // The gateways of another cluster: as WorkloadEntries that the entry selects beside local pods,
  // or as its only endpoints. Without the label tlsMode, so that no gateway takes them for pods and
  // sends requests in a circle.
  void addRemote(Draft& spec, const Place& place, const std::string& name,
                 const std::string& cluster, const Service& service, const Service* local) {
    for (const EastWestGateway& gateway : gateways_[cluster]) {
      for (const GatewayAddress& address : gateway.addresses) {
        if (address.is_name) {
          context_.statuses.warn(
              id_, cat("the east-west gateway of cluster ", cluster, " is only known by name, ",
                       address.host, ": a VirtualDestination needs an address"));
          continue;
        }
        Draft endpoint = Draft::object(
            {{"address", address.host}, {"locality", context_.world.clusters.at(cluster).region}});
        const Labels& labels = local != nullptr ? local->selector : service.selector;
        for (const auto& [key, value] : labels) endpoint["labels"][key] = value;
        for (const VirtualPort& port : destination_.ports) {
          endpoint["ports"][port.entryName()] = address.port;
        }
        if (local == nullptr) {
          spec["endpoints"].push(std::move(endpoint));
          continue;
        }
        const auto& [key, value] = *local->selector.begin();
        context_.outputs.add("WorkloadEntry", place,
                             sanitizeName(cat(name, "-", key, "-", value, "-", address.host)),
                             parentOf(id_), std::move(endpoint));
      }
    }
  }

  std::string address(const std::string& host) {
    const auto found = addresses_.find(host);
    if (found != addresses_.end()) return found->second;
    const std::string made = context_.addresses.of("VirtualDestination", host, id_.ns, id_.cluster);
    addresses_[host] = made;
    return made;
  }

  void writeRule(const Place& place, const std::string& host) {
    context_.visible_hosts[cat(place.cluster->name, "/", place.workspace)].insert(host);
    HostRule& rule = context_.rules.at(place, host, parentOf(id_));
    for (const VirtualPort& port : destination_.ports) {
      PortRule& settings = rule.ports[port.number];
      settings.mutual_tls = true;
      settings.subject_alt_names = destination_.identities;
      const auto policy = [&](std::string_view kind) {
        return virtualDestinationPolicy(context_, kind, *destination_.object, port.number);
      };
      const ConfigObject* outlier = policy(kOutlier);
      const ConfigObject* failover = policy(kFailover);
      const ConfigObject* connection = policy(kConnection);
      if (failover != nullptr) settings.load_balancer = localitySettings(context_, *failover);
      // Istio prefers near endpoints only where outlier detection is on.
      if (outlier != nullptr || failover != nullptr) {
        settings.outlier_detection = outlierDetection(outlier);
      }
      if (connection != nullptr) settings.connection_pool = connectionPool(*connection);
      for (const ConfigObject* used : {outlier, failover, connection}) {
        if (used != nullptr) context_.statuses.applied(used->id, workspace_, place.cluster->name);
      }
    }
  }

  Context& context_;
  const VirtualDestination& destination_;
  const ObjectId& id_;
  const std::string& workspace_;
  std::map<std::string, std::vector<EastWestGateway>> gateways_;  // by cluster
  std::map<std::string, std::string> addresses_;                  // by host
};

}  // namespace

void writeVirtualDestinations(Context& context) {
  for (const VirtualDestination& destination : context.virtual_destinations) {
    Writer(context, destination).write();
  }
}

}  // namespace meshka::mgmt
