#include "mesh/istiod/debug.h"

#include <optional>

#include "base/strings.h"
#include "doc/json.h"
#include "mesh/istiod/options.h"
#include "xds/codec.h"
#include "xds/types.h"

namespace meshka::mesh {
namespace {

using doc::Draft;

struct Column {
  const char* name;
  std::string_view type;
};
constexpr Column kColumns[] = {{"cluster", xds::kCluster},
                               {"listener", xds::kListener},
                               {"route", xds::kRoute},
                               {"endpoint", xds::kEndpoints}};

std::string parameter(std::string_view query, std::string_view name) {
  for (const std::string_view part : split(query, '&')) {
    const size_t equals = part.find('=');
    if (equals == part.npos || part.substr(0, equals) != name) continue;
    return urlDecode(part.substr(equals + 1), true).value_or("");
  }
  return {};
}

HttpAnswer json(const Draft& value) {
  return {.body = doc::toPrettyJson(value.finish(), 2) + "\n"};
}
HttpAnswer refuse(int status, std::string text) {
  return {.status = status, .content_type = "text/plain", .body = text + "\n"};
}

// "pod.namespace" of a node id.
std::string_view shortName(std::string_view node_id) {
  const auto parts = split(node_id, '~');
  return parts.size() == 4 ? parts[2] : node_id;
}

std::optional<xds::StreamView> streamOf(const xds::AdsServer& server, std::string_view proxy) {
  std::optional<xds::StreamView> found;
  for (xds::StreamView& view : server.streams()) {  // the newest, when it has come back
    if (shortName(view.node_id) == proxy || view.node_id == proxy || view.connection_id == proxy) {
      found.emplace(std::move(view));
    }
  }
  return found;
}

// What was sent, taken apart again: not what would be sent.
Draft sentResources(const xds::Subscription& subscription, std::string_view type) {
  Draft out = Draft::array();
  for (const auto& [name, resource] : subscription.sent) {
    const auto decoded = xds::decode(xds::messageOf(type),
                                     std::string_view(resource->any).substr(resource->message_at));
    Draft entry = decoded ? Draft(*decoded) : Draft::object({{"name", name}});
    if (type == xds::kSecret) entry = Draft::object({{"name", name}});  // keys stay here
    out.push(std::move(entry));
  }
  return out;
}

HttpAnswer configDump(const xds::AdsServer& server, std::string_view query) {
  const std::string proxy = parameter(query, "proxyID");
  if (proxy.empty()) return refuse(400, "You must provide a proxyID in the query string");
  const auto stream = streamOf(server, proxy);
  if (!stream) return refuse(404, cat("Proxy ", proxy, " is not connected to this istiod"));
  Draft configs = Draft::object();
  for (const std::string& type : stream->state.types()) {
    configs[type] = sentResources(*stream->state.find(type), type);
  }
  return json(Draft::object({{"proxy", stream->node_id}, {"configs", std::move(configs)}}));
}

HttpAnswer adsz(const xds::AdsServer& server) {
  Draft clients = Draft::array();
  for (const xds::StreamView& view : server.streams()) {
    Draft client = Draft::object();
    client["connectionId"] = view.connection_id;
    client["connectedAt"] = toRfc3339(view.connected_at);
    client["metadata"] = Draft(view.node["metadata"]);
    client["watches"] = Draft::object();
    for (const std::string& type : view.state.types()) {
      client["watches"][type] = Draft::strings(view.state.find(type)->names);
    }
    clients.push(std::move(client));
  }
  return json(Draft::object({{"totalClients", static_cast<int64_t>(server.streams().size())},
                             {"clients", std::move(clients)}}));
}

HttpAnswer nameTable(const xds::AdsServer& server, std::string_view query) {
  const auto stream = streamOf(server, parameter(query, "proxyID"));
  if (!stream) return refuse(404, "no such proxy; give ?proxyID=POD.NAMESPACE");
  const xds::Subscription* names = stream->state.find(xds::kNameTable);
  if (names == nullptr || names->sent.empty()) return refuse(404, "no name table was sent to it");
  return json(sentResources(*names, xds::kNameTable).at(0));
}

Draft listOf(const std::vector<doc::Doc>& objects) {
  Draft out = Draft::array();
  for (const doc::Doc& object : objects) out.push(Draft(object));
  return out;
}

HttpAnswer configObjects(const Objects& o) {
  Draft out = Draft::array();
  for (const auto* list :
       {&o.virtual_services, &o.destination_rules, &o.service_entries, &o.workload_entries,
        &o.gateways, &o.sidecars, &o.envoy_filters, &o.peer_authentications,
        &o.authorization_policies, &o.request_authentications}) {
    for (const doc::Doc& object : *list) out.push(Draft(object));
  }
  return json(out);
}

}  // namespace

doc::Doc syncz(const xds::AdsServer& server) {
  Draft out = Draft::array();
  for (const xds::StreamView& view : server.streams()) {
    Draft entry = Draft::object();
    entry["proxy"] = shortName(view.node_id);
    entry["proxy_type"] = view.node_id.substr(0, view.node_id.find('~'));
    entry["cluster_id"] = view.node["metadata"]["CLUSTER_ID"].text();
    entry["istio_version"] = view.node["metadata"]["ISTIO_VERSION"].text(kEmulatedVersion);
    for (const auto& [name, type] : kColumns) {
      const xds::Subscription* s = view.state.find(type);
      entry[cat(name, "_sent")] = s == nullptr ? "" : s->nonce_sent;
      entry[cat(name, "_acked")] = s == nullptr ? "" : s->nonce_acked;
      if (s != nullptr && !s->error.empty()) entry[cat(name, "_error")] = s->error;
    }
    out.push(std::move(entry));
  }
  return out.finish();
}

HttpAnswer debugPage(const DebugInput& input, std::string_view page, std::string_view query) {
  if (page == "syncz") return json(syncz(input.server));
  if (page == "adsz" || page == "connections") return adsz(input.server);
  if (page == "config_dump") return configDump(input.server, query);
  if (page == "ndsz") return nameTable(input.server, query);
  if (page == "registryz") return json(listOf(input.objects.services));
  if (page == "endpointz") return json(listOf(input.objects.endpoint_slices));
  if (page == "configz") return configObjects(input.objects);
  if (page == "mesh") return json(Draft(input.mesh_config));
  const std::string pages =
      "/debug/adsz\n/debug/config_dump?proxyID=POD.NAMESPACE\n/debug/configz\n/debug/endpointz\n"
      "/debug/mesh\n/debug/ndsz?proxyID=POD.NAMESPACE\n/debug/registryz\n/debug/syncz";
  if (page.empty()) return {.content_type = "text/plain", .body = pages + "\n"};
  return refuse(404, cat("/debug/", page, " is not supported yet; there are\n", pages));
}

}  // namespace meshka::mesh
