#include "mgmt/translate/virtual_gateways.h"

#include <optional>
#include <utility>

#include "base/strings.h"
#include "mgmt/translate/context.h"
#include "mgmt/translate/unknown_keys.h"

namespace meshka::mgmt {

using doc::Draft;
using doc::Value;

namespace {

// Is it a Service of gateway pods that one of the selectors means? A selector's labels are those of
// the pods.
bool isChosen(const VirtualGateway& gateway, const Cluster& cluster, const Service& service) {
  const Value workloads = gateway.object->spec()["workloads"];
  if (workloads.empty()) {
    // All gateways, but the one between clusters.
    return service.selector.contains("istio") && service.name != "istio-eastwestgateway" &&
           service.object["spec"]["type"].text() != "ClusterIP";
  }
  std::vector<const Labels*> faces{&service.selector};
  std::vector<std::string_view> names{service.name};
  for (const auto& [shape, count] : service.pods) {
    faces.push_back(&shape.labels);
    names.push_back(service.name);
  }
  for (const AppWorkload& workload : cluster.workloads) {
    if (workload.ns != service.ns || !containsAll(workload.labels, service.selector)) continue;
    faces.push_back(&workload.labels);
    names.push_back(workload.name);
  }
  for (const Value workload : workloads.elements()) {
    for (size_t i = 0; i < faces.size(); ++i) {
      const Selectable object{
          names[i], service.ns, cluster.name, cluster.given_name, gateway.object->workspace,
          faces[i]};
      if (objectSelected(workload["selector"], object)) return true;
    }
  }
  return false;
}

std::string protocolVersion(std::string_view version) {
  // TLSv1_2 here, TLSV1_2 in Istio.
  std::string out(version);
  if (out.starts_with("TLSv")) out[3] = 'V';
  return out;
}

// nothing: the listener is left out.
std::optional<Draft> tlsOf(Context& context, const ObjectId& id, Value tls,
                           const std::string& path) {
  const bool own_certificate = tls["secretName"].exists() || tls["files"].exists();
  std::string mode = enumName(
      tls["mode"], {"PASSTHROUGH", "SIMPLE", "MUTUAL", "AUTO_PASSTHROUGH", "ISTIO_MUTUAL"});
  if (mode.empty()) {
    context.statuses.warn(id, cat(path,
                                  ".tls.mode is none of PASSTHROUGH, SIMPLE, MUTUAL, "
                                  "AUTO_PASSTHROUGH, ISTIO_MUTUAL; the listener is left out"));
    return std::nullopt;
  }
  if (!tls["mode"].exists()) {
    mode = own_certificate ? "SIMPLE" : "PASSTHROUGH";
    context.statuses.note(id, cat(path, ".tls.mode is not set: ", mode, " is used"));
  }
  if ((mode == "SIMPLE" || mode == "MUTUAL") && !own_certificate) {
    context.statuses.warn(id, cat(path, ".tls: mode ", mode,
                                  " needs secretName or files; the "
                                  "listener is left out"));
    return std::nullopt;
  }
  Draft out = Draft::object({{"mode", mode}});
  if (tls["secretName"].exists()) out["credentialName"] = tls["secretName"];
  if (const Value files = tls["files"]; files.exists()) {
    out["serverCertificate"] = files["serverCert"];
    out["privateKey"] = files["privateKey"];
    if (files["caCerts"].exists()) out["caCertificates"] = files["caCerts"];
  }
  if (!tls["verifySubjectAltName"].empty()) out["subjectAltNames"] = tls["verifySubjectAltName"];
  const Value parameters = tls["parameters"];
  if (parameters["minimumProtocolVersion"].exists()) {
    out["minProtocolVersion"] = protocolVersion(parameters["minimumProtocolVersion"].text());
  }
  if (parameters["maximumProtocolVersion"].exists()) {
    out["maxProtocolVersion"] = protocolVersion(parameters["maximumProtocolVersion"].text());
  }
  if (!parameters["cipherSuites"].empty()) out["cipherSuites"] = parameters["cipherSuites"];
  return out;
}

std::string_view protocolFor(Value listener, const std::optional<Draft>& tls) {
  if (listener["appProtocol"].exists()) return listener["appProtocol"].text();
  const bool tcp = listener["tcp"].exists();
  if (!tls) return tcp ? "TCP" : "HTTP";
  const std::string mode = tls->find("mode")->text();
  if (mode == "PASSTHROUGH" || mode == "AUTO_PASSTHROUGH" || tcp) return "TLS";
  return "HTTPS";
}

std::vector<std::string> hostsOf(Value listener) {
  std::vector<std::string> hosts;
  for (const Value allowed : listener["allowedRouteTables"].elements()) {
    hosts.emplace_back(allowed["host"].text("*"));
  }
  if (hosts.empty()) hosts.emplace_back("*");
  return hosts;
}

std::optional<Draft> serverOf(Context& context, const VirtualGateway& gateway, size_t index,
                              const Service& service) {
  const ObjectId& id = gateway.object->id;
  const Value listener = gateway.object->spec()["listeners"][index];
  const std::string path = cat("spec.listeners[", index, "]");
  const ServicePort* port = nullptr;
  for (const ServicePort& candidate : service.ports) {
    if (port == nullptr && !listener["port"].empty() && portSelected(listener["port"], candidate)) {
      port = &candidate;
    }
  }
  if (port == nullptr) {
    context.statuses.warn(id, cat(path, ".port: service ", service.ns, "/", service.name,
                                  " of cluster ", service.cluster, " has no such port"));
    return std::nullopt;
  }
  std::optional<Draft> tls;
  if (listener["tls"].exists()) {
    tls = tlsOf(context, id, listener["tls"], path);
    if (!tls) return std::nullopt;
  } else if (listener["httpsRedirect"].boolean() || listener["httpsRedirect"].isObject()) {
    tls = Draft::object({{"httpsRedirect", true}});
  }
  const bool redirects = tls && tls->contains("httpsRedirect");
  const std::string_view protocol =
      redirects ? std::string_view("HTTP") : protocolFor(listener, tls);
  if (listener["tcp"].exists() || protocol == "TLS") {
    context.statuses.warn(id, cat(path,
                                  ": routes for TCP and TLS are not supported yet, so the "
                                  "listener accepts connections and refuses them"));
  }
  Draft server = Draft::object({{"hosts", Draft::strings(hostsOf(listener))}});
  server["port"] = Draft::object({{"number", port->target},
                                  {"name", cat(toLower(protocol), "-", port->target, "-all")},
                                  {"protocol", protocol}});
  if (tls) server["tls"] = std::move(*tls);
  return server;
}

void writeAt(Context& context, VirtualGateway& gateway, const Cluster& cluster,
             const Service& service) {
  const ConfigObject& object = *gateway.object;
  Draft servers = Draft::array();
  for (size_t i = 0; i < object.spec()["listeners"].size(); ++i) {
    auto server = serverOf(context, gateway, i, service);
    if (server) servers.push(std::move(*server));
  }
  if (servers.size() == 0) return;
  Draft selector = Draft::object();
  for (const auto& [key, value] : service.selector) selector[key] = value;
  const Place place{&cluster, service.ns, object.workspace};
  const std::string home = object.id.cluster.empty() ? "mgmt" : object.id.cluster;
  std::string name = sanitizeName(
      cat("virtualgateway-", object.id.name, "-", object.id.ns, "-", home, "-", service.name));
  name = context.outputs.add(
      "Gateway", place, name, parentOf(object.id),
      Draft::object({{"selector", std::move(selector)}, {"servers", std::move(servers)}}));
  gateway.written.push_back({place, std::move(name)});
  context.statuses.applied(object.id, object.workspace, cluster.name);
}

// May the table serve this host at one of the gateway's listeners?
bool allows(const Context& context, const VirtualGateway& gateway, const ConfigObject& table,
            std::string_view host) {
  for (const Value listener : gateway.object->spec()["listeners"].elements()) {
    if (listener["allowedRouteTables"].empty()) return true;
    for (const Value allowed : listener["allowedRouteTables"].elements()) {
      if (!globMatches(allowed["host"].text("*"), host)) continue;
      if (objectSelected(allowed["selector"], selectable(table, context.world))) return true;
    }
  }
  return false;
}

const VirtualGateway* gatewayNamed(Context& context, const ConfigObject& table, Value ref,
                                   const std::string& path) {
  const std::string_view ns = ref["namespace"].text(table.id.ns);
  const std::string_view cluster = ref["cluster"].text();
  const VirtualGateway* found = nullptr;
  for (const VirtualGateway& gateway : context.virtual_gateways) {
    const ObjectId& id = gateway.object->id;
    if (id.name != ref["name"].text() || id.ns != ns) continue;
    const Selectable there = selectable(*gateway.object, context.world);
    if (!cluster.empty() && !clusterMatches(cluster, there.cluster, there.given_cluster)) continue;
    if (found == nullptr || id.cluster == table.id.cluster) found = &gateway;
  }
  if (found == nullptr) {
    context.statuses.warn(table.id,
                          cat(path, ": there is no VirtualGateway ", ns, "/", ref["name"].text(),
                              cluster.empty() ? "" : cat(" in cluster ", cluster)));
    return nullptr;
  }
  const std::string& workspace = found->object->workspace;
  if (workspace != table.workspace &&
      !context.sharing.shared("ROUTE_TABLE", selectable(table, context.world), workspace)) {
    context.statuses.warn(
        table.id, cat(path, ": the VirtualGateway is of workspace ", workspace, ": workspace ",
                      table.workspace, " must export the RouteTable to it, and it import it"));
    return nullptr;
  }
  return found;
}

}  // namespace

void writeVirtualGateways(Context& context) {
  for (const ConfigObject& object : context.inventory.of(kVirtualGateways)) {
    if (object.workspace.empty()) continue;
    VirtualGateway gateway{&object, {}};
    if (object.spec()["listeners"].empty()) {
      context.statuses.invalid(object.id, "spec.listeners is required");
      continue;
    }
    const Workspace& workspace = *context.workspaces.find(object.workspace);
    for (const auto& [name, namespaces] : workspace.namespaces) {
      const Cluster& cluster = context.world.clusters.at(name);
      if (!cluster.has_mesh) continue;
      for (const auto& [key, service] : cluster.services) {
        if (!namespaces.contains(service.ns) || !isChosen(gateway, cluster, service)) continue;
        writeAt(context, gateway, cluster, service);
      }
    }
    if (gateway.written.empty()) {
      context.statuses.warn(object.id,
                            cat("spec.workloads selects no gateway of workspace ", object.workspace,
                                " with these ports: nothing is "
                                "written"));
    }
    context.virtual_gateways.push_back(std::move(gateway));
  }
}

std::vector<GatewayBinding> bindToGateways(Context& context, const ConfigObject& table) {
  std::map<std::string, GatewayBinding> bindings;  // by cluster and namespace
  const Value refs = table.spec()["virtualGateways"];
  for (size_t i = 0; i < refs.size(); ++i) {
    const std::string path = cat("spec.virtualGateways[", i, "]");
    const VirtualGateway* gateway = gatewayNamed(context, table, refs[i], path);
    if (gateway == nullptr) continue;
    std::vector<std::string> hosts;
    for (const Value host : table.spec()["hosts"].elements()) {
      if (allows(context, *gateway, table, host.text())) {
        hosts.emplace_back(host.text());
        continue;
      }
      context.statuses.warn(table.id, cat(path,
                                          ": allowedRouteTables of the VirtualGateway do not "
                                          "allow host ",
                                          host.text(), " from this table"));
    }
    if (hosts.empty()) continue;
    for (const WrittenGateway& written : gateway->written) {
      GatewayBinding& binding = bindings[cat(written.place.cluster->name, "/", written.place.ns)];
      binding.place = written.place;
      binding.gateways.push_back(written.name);
      for (const std::string& host : hosts) {
        bool there = false;
        for (const std::string& known : binding.hosts) there = there || known == host;
        if (!there) binding.hosts.push_back(host);
      }
    }
    context.statuses.body(table.id)["allowedVirtualGateways"].push(
        Draft::object({{"name", gateway->object->id.name},
                       {"namespace", gateway->object->id.ns},
                       {"cluster", gateway->object->id.cluster}}));
  }
  std::vector<GatewayBinding> out;
  for (auto& [key, binding] : bindings) out.push_back(std::move(binding));
  return out;
}

}  // namespace meshka::mgmt
