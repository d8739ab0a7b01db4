#include "mgmt/translate/external_services.h"

#include <utility>
#include <vector>

#include "base/strings.h"
#include "mgmt/translate/context.h"

namespace meshka::mgmt {

using doc::Draft;
using doc::Value;

namespace {

bool isAddress(std::string_view text) {
  return text.find_first_not_of("0123456789.") == std::string_view::npos ||
         text.find(':') != std::string_view::npos;
}

bool check(Context& context, const ConfigObject& object) {
  const Value spec = object.spec();
  if (spec["hosts"].empty() || spec["ports"].empty()) {
    context.statuses.invalid(object.id, "spec.hosts and spec.ports are required");
    return false;
  }
  for (size_t i = 0; i < spec["hosts"].size(); ++i) {
    const std::string_view host = spec["hosts"][i].text();
    if (host.empty() || host.find('*') != std::string_view::npos) {
      context.statuses.invalid(object.id, cat("spec.hosts[", i, "]: \"", host,
                                              "\" must be a full name without wildcards"));
      return false;
    }
  }
  for (size_t i = 0; i < spec["ports"].size(); ++i) {
    const int64_t number = spec["ports"][i]["number"].integer();
    if (number < 1 || number > 65535) {
      context.statuses.invalid(object.id, cat("spec.ports[", i, "].number must be 1 to 65535"));
      return false;
    }
  }
  return true;
}

std::vector<const ConfigObject*> endpointsOf(Context& context, const ConfigObject& object) {
  std::vector<const ConfigObject*> found;
  const Labels wanted = readLabels(object.spec()["selector"]);
  if (wanted.empty()) return found;
  for (const ConfigObject& endpoint : context.inventory.of(kExternalEndpoints)) {
    if (endpoint.workspace == object.workspace && containsAll(endpoint.labels, wanted)) {
      found.push_back(&endpoint);
      context.used.insert(endpoint.id);
    }
  }
  if (found.empty()) {
    context.statuses.warn(object.id,
                          "spec.selector selects no ExternalEndpoint of the workspace: "
                          "the hosts are resolved by DNS");
  }
  return found;
}

Draft entrySpec(Context& context, const ConfigObject& object) {
  const Value spec = object.spec();
  Draft entry = Draft::object({{"hosts", spec["hosts"]}, {"exportTo", Draft::strings({"."})}});
  for (const Value port : spec["ports"].elements()) {
    Draft out = Draft::object({{"name", externalPortName(port)},
                               {"number", port["number"].integer()},
                               {"protocol", port["protocol"].text("TCP")}});
    // PortSelector or a plain number, as versions differ.
    const Value target = port["targetPort"];
    const int64_t number = target.isNumber() ? target.integer() : target["number"].integer();
    if (number > 0) out["targetPort"] = number;
    entry["ports"].push(std::move(out));
  }
  bool by_name = false;
  for (const ConfigObject* endpoint : endpointsOf(context, object)) {
    const Value from = endpoint->spec();
    if (from["address"].text().empty()) {
      context.statuses.invalid(endpoint->id, "spec.address is required");
      continue;
    }
    by_name = by_name || !isAddress(from["address"].text());
    Draft out = Draft::object({{"address", from["address"]}});
    for (const auto& [key, value] : endpoint->labels) out["labels"][key] = value;
    for (const Value port : from["ports"].elements()) {
      out["ports"][port["name"].text()] = port["number"].integer();
    }
    entry["endpoints"].push(std::move(out));
  }
  entry["resolution"] = entry.contains("endpoints") && !by_name ? "STATIC" : "DNS";
  return entry;
}

// TLS only where clientsideTls is: an application may speak its own.
void writeRules(Context& context, const ConfigObject& object, const Place& place) {
  const Value spec = object.spec();
  for (const Value host : spec["hosts"].elements()) {
    for (const Value port : spec["ports"].elements()) {
      const Value tls = port["clientsideTls"];
      if (!tls.exists()) continue;
      Draft settings = Draft::object({{"mode", "SIMPLE"}});
      settings["sni"] = tls["sni"].text().empty() ? host : tls["sni"];
      if (!spec["subjectAltNames"].empty()) settings["subjectAltNames"] = spec["subjectAltNames"];
      context.rules.at(place, std::string(host.text()), parentOf(object.id))
          .ports[port["number"].integer()]
          .tls = std::move(settings);
    }
  }
}

}  // namespace

std::string externalPortName(Value port) {
  if (!port["name"].text().empty()) return std::string(port["name"].text());
  return cat(toLower(port["protocol"].text("TCP")), "-", port["number"].integer());
}

void writeExternalServices(Context& context) {
  for (const ConfigObject& object : context.inventory.of(kExternalServices)) {
    if (object.workspace.empty() || !check(context, object)) continue;
    const Draft spec = entrySpec(context, object);
    const auto takers =
        context.sharing.takers("EXTERNAL_SERVICE", selectable(object, context.world));
    const std::string home = object.id.cluster.empty() ? "mgmt" : object.id.cluster;
    for (const auto& [name, cluster] : context.world.clusters) {
      if (!cluster.has_mesh) continue;
      for (const Place& place : context.clientPlaces(cluster, object.workspace, takers)) {
        context.outputs.add("ServiceEntry", place,
                            sanitizeName(cat("externalservice-", object.id.name, "-", object.id.ns,
                                             "-", home, "-", place.workspace)),
                            parentOf(object.id), spec);
        writeRules(context, object, place);
        auto& visible = context.visible_hosts[cat(name, "/", place.workspace)];
        for (const Value host : object.spec()["hosts"].elements()) visible.emplace(host.text());
        context.statuses.applied(object.id, place.workspace, name);
      }
    }
  }
  for (const ConfigObject& endpoint : context.inventory.of(kExternalEndpoints)) {
    if (endpoint.workspace.empty() || context.used.contains(endpoint.id)) continue;
    context.statuses.warn(endpoint.id,
                          "no ExternalService of the workspace selects this endpoint "
                          "by its labels");
  }
}

}  // namespace meshka::mgmt
