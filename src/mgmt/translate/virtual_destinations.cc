#include "mgmt/translate/virtual_destinations.h"

#include <optional>
#include <utility>

#include "base/strings.h"
#include "mgmt/translate/context.h"

namespace meshka::mgmt {

using doc::Value;

namespace {

constexpr std::string_view kProtocols[] = {"HTTP", "HTTPS", "GRPC", "HTTP2", "MONGO", "TCP", "TLS"};

bool readPorts(Context& context, VirtualDestination& out) {
  const ObjectId& id = out.object->id;
  const Value ports = out.object->spec()["ports"];
  for (size_t i = 0; i < ports.size(); ++i) {
    VirtualPort port;
    port.number = ports[i]["number"].integer();
    const Value protocol = ports[i]["protocol"];
    port.protocol = protocol.exists() ? protocol.text() : "TCP";
    port.target = ports[i]["targetPort"];
    bool known = false;
    for (const std::string_view name : kProtocols) known = known || name == port.protocol;
    if (port.number < 1 || port.number > 65535) {
      context.statuses.invalid(id, cat("spec.ports[", i, "].number must be 1 to 65535"));
      return false;
    }
    if (!known) {
      context.statuses.invalid(id, cat("spec.ports[", i, "].protocol: \"", port.protocol,
                                       "\" is none of HTTP, HTTPS, GRPC, HTTP2, MONGO, TCP, TLS"));
      return false;
    }
    out.ports.push_back(std::move(port));
  }
  if (out.ports.empty()) {
    context.statuses.invalid(id, "spec.ports is required: give number and protocol");
  }
  return !out.ports.empty();
}

// At most one Service in each cluster.
bool readBacking(Context& context, VirtualDestination& out) {
  const ConfigObject& object = *out.object;
  for (const auto& [name, cluster] : context.world.clusters) {
    if (!cluster.has_mesh) continue;
    for (const auto& [key, service] : cluster.services) {
      const std::string owner = context.workspaces.ownerOf(name, service.ns);
      const Selectable candidate = selectable(service, context.world, owner);
      if (owner != object.workspace &&
          !context.sharing.shared("SERVICE", candidate, object.workspace)) {
        continue;
      }
      if (object.spec()["services"].empty() || !anySelected(object.spec()["services"], candidate)) {
        continue;
      }
      const auto [found, fresh] = out.backing.emplace(name, &service);
      if (!fresh) {
        context.statuses.invalid(
            object.id, cat("spec.services selects ", found->second->ns, "/", found->second->name,
                           " and ", service.ns, "/", service.name, " in cluster ", name,
                           ": select at most one Service in each cluster"));
        return false;
      }
      addIdentities(cluster, service, out.identities);
    }
  }
  if (out.backing.empty()) {
    context.statuses.warn(object.id,
                          "spec.services selects no Service that the workspace may "
                          "use: nothing is written");
  }
  return !out.backing.empty();
}

bool readHosts(Context& context, VirtualDestination& out,
               std::map<std::string, const ConfigObject*>& taken) {
  for (const Value host : out.object->spec()["hosts"].elements()) {
    const auto [found, fresh] = taken.emplace(host.text(), out.object);
    if (!fresh && found->second != out.object) {
      context.statuses.invalid(
          out.object->id, cat("host ", host.text(), " belongs to the older VirtualDestination ",
                              found->second->id.ns, "/", found->second->id.name, " of cluster ",
                              found->second->id.cluster));
      return false;
    }
    out.hosts.emplace_back(host.text());
  }
  if (out.hosts.empty()) context.statuses.invalid(out.object->id, "spec.hosts is required");
  return !out.hosts.empty();
}

}  // namespace

std::string VirtualPort::entryName() const {
  return cat(toLower(protocol), "-", number);
}

void collectVirtualDestinations(Context& context) {
  std::map<std::string, const ConfigObject*> taken;
  for (const ConfigObject& object : context.inventory.of(kVirtualDestinations)) {
    if (object.workspace.empty()) continue;
    VirtualDestination out;
    out.object = &object;
    if (!object.spec()["externalServices"].empty()) {
      context.statuses.warn(object.id, "spec.externalServices is not supported yet");
    }
    if (!readHosts(context, out, taken) || !readPorts(context, out) || !readBacking(context, out)) {
      continue;
    }
    out.takers = context.sharing.takers("VIRTUAL_DESTINATION", selectable(object, context.world));
    context.statuses.body(object.id)["ownerWorkspace"]["workspace"] = object.workspace;
    for (const auto& [cluster, service] : out.backing) {
      context.statuses.body(object.id)["selectedBackingServices"].push(doc::Draft::object(
          {{"name", service->name}, {"namespace", service->ns}, {"cluster", cluster}}));
      const std::string owner = context.workspaces.ownerOf(cluster, service->ns);
      auto& callers = context.further_callers[service];
      callers.insert(out.takers.begin(), out.takers.end());
      callers.insert(object.workspace);
      callers.erase(owner);
    }
    context.virtual_destinations.push_back(std::move(out));
  }
}

}  // namespace meshka::mgmt
