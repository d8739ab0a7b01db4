#include "mgmt/translate/destinations.h"

#include "base/strings.h"
#include "mgmt/translate/context.h"

namespace meshka::mgmt {

using doc::Draft;
using doc::Value;

namespace {

std::string subsetTitle(const Labels& labels) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : labels) parts.push_back(cat(key, "=", value));
  return join(parts, ",");
}

Result<const Cluster*> clusterOf(const Context& context, const ConfigObject& user, Value ref,
                                 const Place& place, const std::string& ns,
                                 const std::string& name) {
  const std::string_view wanted = ref["cluster"].text();
  if (!wanted.empty()) {
    const Cluster* cluster = context.world.cluster(wanted);
    if (cluster == nullptr) {
      return fail(Code::kInvalid, cat("ref.cluster: no cluster \"", wanted,
                                      "\" is registered; see meshctl cluster list"));
    }
    return cluster;
  }
  // Each copy of the object means its own cluster, and the object's when that has no such Service.
  if (place.cluster->service(ns, name) != nullptr) return place.cluster;
  const Cluster* home = context.world.cluster(user.id.cluster);
  return home != nullptr ? home : place.cluster;
}

Result<const ServicePort*> portOf(const Service& service, Value selector) {
  const std::string title = cat(service.ns, "/", service.name, " of cluster ", service.cluster);
  if (selector.empty()) {
    if (service.ports.size() == 1) return &service.ports.front();
    return fail(Code::kInvalid,
                cat("port is required: service ", title, " has ", service.ports.size(), " ports"));
  }
  for (const ServicePort& port : service.ports) {
    if (portSelected(selector, port)) return &port;
  }
  const std::string wanted = selector["number"].exists() ? cat(selector["number"].integer())
                                                         : std::string(selector["name"].text());
  return fail(Code::kInvalid, cat("port: service ", title, " has no port ", wanted));
}

Result<std::string> hostFor(const Context& context, const Service& service,
                            const std::string& owner, const Place& place) {
  const Cluster& home = context.world.clusters.at(service.cluster);
  if (&home == place.cluster) return cat(service.name, ".", service.ns, ".svc.", home.domain);
  const FederatedService* federated =
      context.federated.find(owner, home.name, service.ns, service.name);
  if (federated == nullptr) {
    return fail(Code::kInvalid,
                cat("service ", service.ns, "/", service.name, " of cluster ", home.name,
                    " is not federated, so cluster ", place.cluster->name,
                    " cannot reach it: enable options.federation in the WorkspaceSettings of "
                    "workspace ",
                    owner));
  }
  const auto gateways =
      context.federated.gateways.find(FederatedServices::gatewayKey(owner, home.name));
  if (gateways == context.federated.gateways.end() || gateways->second.empty()) {
    return fail(Code::kInvalid, cat("cluster ", home.name,
                                    " has no reachable east-west gateway; "
                                    "the WorkspaceSettings of workspace ",
                                    owner, " say why"));
  }
  return federated->host(home.name);
}

void addSubset(Context& context, const ConfigObject& user, const Service& service,
               const std::string& owner, const Labels& labels, const Destination& destination,
               const Place& place) {
  context.rules.at(place, destination.host, parentOf(user.id)).subsets[destination.subset] = labels;
  bool any = service.pods.empty();
  for (const auto& [shape, count] : service.pods) any = any || containsAll(shape.labels, labels);
  if (!any) {
    context.statuses.warn(user.id, cat("no pod of service ", service.ns, "/", service.name,
                                       " of cluster ", service.cluster, " has the labels ",
                                       subsetTitle(labels), ": requests for this subset fail"));
  }
  if (service.cluster == place.cluster->name) return;
  // The far gateway knows the subset's name only from a rule that it can see.
  const auto gateways =
      context.federated.gateways.find(FederatedServices::gatewayKey(owner, service.cluster));
  if (gateways == context.federated.gateways.end()) return;
  for (const EastWestGateway& gateway : gateways->second) {
    const Place far{&context.world.clusters.at(service.cluster), gateway.ns, owner};
    context.rules.at(far, destination.host, parentOf(user.id)).subsets[destination.subset] = labels;
  }
}

}  // namespace

Draft Destination::draft() const {
  Draft out = Draft::object({{"host", host}});
  if (port != 0) out["port"]["number"] = port;
  if (!subset.empty()) out["subset"] = subset;
  return out;
}

namespace {

// An object of ours that a reference names: in the referring object's cluster unless it says
// otherwise, or in the only one that has it.
Result<const ConfigObject*> referenced(Context& context, const ConfigObject& user, Value ref,
                                       std::string_view resource, std::string_view sharing_kind) {
  const std::string ns(ref["namespace"].text(user.id.ns));
  const std::string_view wanted = ref["cluster"].text();
  const ConfigObject* found = nullptr;
  for (const ConfigObject& object : context.inventory.of(resource)) {
    if (object.id.ns != ns || object.id.name != ref["name"].text()) continue;
    if (!wanted.empty()) {
      const Selectable there = selectable(object, context.world);
      if (!clusterMatches(wanted, there.cluster, there.given_cluster)) continue;
    }
    if (found == nullptr || object.id.cluster == user.id.cluster) found = &object;
  }
  const std::string_view kind = kindOf(resource)->kind;
  if (found == nullptr) {
    return fail(Code::kInvalid, cat("ref: there is no ", kind, " ", ns, "/", ref["name"].text(),
                                    wanted.empty() ? "" : cat(" in cluster ", wanted)));
  }
  if (found->workspace != user.workspace &&
      !context.sharing.shared(sharing_kind, selectable(*found, context.world), user.workspace)) {
    return fail(Code::kInvalid,
                cat("ref: ", kind, " ", ns, "/", found->id.name, " is not shared with workspace ",
                    user.workspace, ": its owner must export it and this workspace import it"));
  }
  return found;
}

// The port of a list of {number, name} that a PortSelector means.
Result<int64_t> listedPort(Value ports, Value selector) {
  if (selector.empty() && ports.size() == 1) return ports[0]["number"].integer();
  if (selector.empty()) return fail(Code::kInvalid, "port is required: there are several");
  for (const Value port : ports.elements()) {
    const bool chosen = selector["number"].exists()
                            ? selector["number"].integer() == port["number"].integer()
                            : selector["name"].text() == port["name"].text();
    if (chosen) return port["number"].integer();
  }
  return fail(Code::kInvalid, "port: there is none of that number or name");
}

Result<Destination> resolveListed(Context& context, const ConfigObject& user, Value reference,
                                  std::string_view resource, std::string_view sharing_kind) {
  MESHKA_TRY(const ConfigObject* object,
             referenced(context, user, reference["ref"], resource, sharing_kind));
  Destination destination;
  destination.host = object->spec()["hosts"][0].text();
  if (destination.host.empty() || context.statuses.state(object->id) == State::kInvalid) {
    return fail(Code::kInvalid, cat("ref: ", kindOf(resource)->kind, " ", object->id.ns, "/",
                                    object->id.name, " is invalid; its status says why"));
  }
  if (!reference["subset"].empty()) {
    return fail(Code::kUnsupported,
                cat("subset of a ", kindOf(resource)->kind, " is not supported yet"));
  }
  MESHKA_TRY(destination.port, listedPort(object->spec()["ports"], reference["port"]));
  return destination;
}

}  // namespace

Result<Destination> resolveDestination(Context& context, const ConfigObject& user, Value reference,
                                       const Place& place) {
  const Value ref = reference["ref"];
  if (ref["name"].text().empty()) return fail(Code::kInvalid, "ref.name is required");
  if (kindIs(reference, "VIRTUAL_DESTINATION", 1)) {
    return resolveListed(context, user, reference, kVirtualDestinations, "VIRTUAL_DESTINATION");
  }
  if (kindIs(reference, "EXTERNAL_SERVICE", 2)) {
    return resolveListed(context, user, reference, kExternalServices, "EXTERNAL_SERVICE");
  }
  if (!kindIs(reference, "SERVICE", 0)) {
    return fail(Code::kInvalid, cat("kind: \"", reference["kind"].text(),
                                    "\" is none of SERVICE, "
                                    "VIRTUAL_DESTINATION, EXTERNAL_SERVICE"));
  }
  const std::string name(ref["name"].text());
  const std::string ns(ref["namespace"].text(user.id.ns));
  MESHKA_TRY(const Cluster* cluster, clusterOf(context, user, ref, place, ns, name));
  const Service* service = cluster->service(ns, name);
  if (service == nullptr) {
    return fail(Code::kInvalid, cat("ref: cluster ", cluster->name, " has no service ", ns, "/",
                                    name, " with a selector"));
  }
  const std::string owner = context.workspaces.ownerOf(cluster->name, ns);
  if (owner != user.workspace &&
      !context.sharing.shared("SERVICE", selectable(*service, context.world, owner),
                              user.workspace)) {
    return fail(Code::kInvalid,
                owner.empty()
                    ? cat("ref: namespace ", ns, " of cluster ", cluster->name,
                          " belongs to no workspace: add it to workspace ", user.workspace)
                    : cat("ref: service ", ns, "/", name, " belongs to workspace ", owner,
                          ": it must be in exportTo of its settings and in importFrom of those of "
                          "workspace ",
                          user.workspace));
  }
  Destination destination;
  destination.service = service;
  MESHKA_TRY(const ServicePort* port, portOf(*service, reference["port"]));
  destination.port = port->number;
  MESHKA_TRY(destination.host, hostFor(context, *service, owner, place));
  const Labels labels = readLabels(reference["subset"]);
  if (!labels.empty()) {
    destination.subset = subsetName(labels);
    addSubset(context, user, *service, owner, labels, destination, place);
  }
  return destination;
}

}  // namespace meshka::mgmt
