// Loads cases and computes what their proxies get.
#include <algorithm>
#include <map>
#include <set>

#include "base/strings.h"
#include "base/test/test.h"
#include "doc/json.h"
#include "doc/yaml.h"
#include "mesh/model/names.h"
#include "mesh/translate/test/cases.h"

namespace meshka::mesh::test {
namespace {

std::vector<doc::Doc>* listFor(Objects& objects, std::string_view kind) {
  struct Entry {
    std::string_view kind;
    std::vector<doc::Doc> Objects::* list;
  };
  static constexpr Entry kEntries[] = {
      {"Namespace", &Objects::namespaces},
      {"Node", &Objects::nodes},
      {"Service", &Objects::services},
      {"EndpointSlice", &Objects::endpoint_slices},
      {"Pod", &Objects::pods},
      {"VirtualService", &Objects::virtual_services},
      {"DestinationRule", &Objects::destination_rules},
      {"ServiceEntry", &Objects::service_entries},
      {"WorkloadEntry", &Objects::workload_entries},
      {"Gateway", &Objects::gateways},
      {"Sidecar", &Objects::sidecars},
      {"EnvoyFilter", &Objects::envoy_filters},
      {"PeerAuthentication", &Objects::peer_authentications},
      {"AuthorizationPolicy", &Objects::authorization_policies},
      {"RequestAuthentication", &Objects::request_authentications},
  };
  for (const Entry& entry : kEntries) {
    if (entry.kind == kind) return &(objects.*entry.list);
  }
  return nullptr;
}

ProxyIdentity identityOf(doc::Value from, const std::string& cluster_id) {
  ProxyIdentity out;
  out.router = from["router"].boolean();
  out.ns = from["ns"].text();
  out.service_account = from["serviceAccount"].text();
  out.ip = from["ip"].text();
  out.pod = from["pod"].text();
  out.dns_domain = cat(out.ns, ".svc.cluster.local");
  out.cluster_id = cluster_id;
  out.locality_region = from["region"].text();
  out.dns_capture = from["dns"].boolean();
  out.dns_auto_allocate = out.dns_capture;
  for (auto [key, value] : from["labels"].members()) out.labels[std::string(key)] = value.text();
  return out;
}

// Values of every member called `key`, anywhere.
void collect(doc::Value in, std::string_view key, std::set<std::string>& out) {
  for (auto [name, value] : in.members()) {
    if (name == key && value.isString()) out.emplace(value.text());
    collect(value, key, out);
  }
  for (doc::Value element : in.elements()) collect(element, key, out);
}

// Subtrees that occur in almost every resource are told once, under `blocks`, and named where they
// stand ("= retry_policy 1"), so that a golden file shows what differs.
class Blocks {
 public:
  doc::Draft shorten(doc::Value in) {
    if (in.isArray()) {
      doc::Draft out = doc::Draft::array();
      for (doc::Value element : in.elements()) out.push(shorten(element));
      return out;
    }
    if (!in.isObject()) return doc::Draft(in);
    doc::Draft out = doc::Draft::object();
    for (auto [key, value] : in.members()) {
      doc::Draft shorter = shorten(value);
      out[key] = isCommon(key) ? nameOf(key, std::move(shorter)) : std::move(shorter);
    }
    return out;
  }
  doc::Draft finish() { return std::move(blocks_); }

 private:
  static bool isCommon(std::string_view key) {
    for (const std::string_view common :
         {"circuit_breakers", "retry_policy", "common_tls_context", "access_log",
          "typed_extension_protocol_options", "http_filters", "listener_filters",
          "max_stream_duration", "eds_config", "sds_config", "filters"}) {
      if (key == common) return true;
    }
    return false;
  }
  std::string nameOf(std::string_view key, doc::Draft value) {
    const std::string text = doc::toJson(value.finish());
    auto& known = names_[std::string(key)];
    const auto [it, fresh] = known.try_emplace(text, cat("= ", key, " ", known.size() + 1));
    if (fresh) blocks_[it->second] = std::move(value);
    return it->second;
  }
  std::map<std::string, std::map<std::string, std::string>> names_;
  doc::Draft blocks_ = doc::Draft::object();
};

doc::Draft configs(const std::vector<NamedResource>& list) {
  doc::Draft out = doc::Draft::array();
  for (const NamedResource& resource : list) out.push(doc::Draft(resource.config));
  return out;
}

}  // namespace

Case loadCase(const std::string& path, bool reversed) {
  const auto documents = doc::parseYaml(meshka::test::readFileOrDie(path));
  if (!documents || documents->empty()) return {};
  const doc::Value head = documents->front();
  auto config = parseMeshConfig(doc::toYaml(head["mesh"]));
  if (!config) return {};
  config->cluster_id = head["clusterId"].text("west");
  Objects objects;
  for (size_t i = 1; i < documents->size(); ++i) {
    const doc::Doc& object = (*documents)[i];
    if (auto* list = listFor(objects, object["kind"].text())) list->push_back(object);
  }
  if (reversed) {
    for (auto* list : {&objects.services, &objects.pods, &objects.service_entries,
                       &objects.virtual_services, &objects.destination_rules, &objects.gateways,
                       &objects.endpoint_slices, &objects.authorization_policies,
                       &objects.peer_authentications, &objects.workload_entries}) {
      std::reverse(list->begin(), list->end());
    }
  }
  Case out;
  for (doc::Value proxy : head["proxies"].elements()) {
    out.proxies.push_back(
        {std::string(proxy["name"].text()), identityOf(proxy, config->cluster_id)});
  }
  out.model = makeModel(std::move(objects), std::move(*config));
  return out;
}

Snapshot snapshotOf(const Model& model, const ProxyIdentity& proxy) {
  Snapshot out;
  out.clusters = clustersOf(model, proxy);
  out.listeners = listenersOf(model, proxy);
  out.names = nameTableOf(model, proxy);
  for (const NamedResource& cluster : out.clusters) {
    const std::string_view name = cluster.config["eds_cluster_config"]["service_name"].text();
    if (!name.empty()) out.endpoints.push_back(endpointsOf(model, proxy, std::string(name)));
  }
  std::set<std::string> routes;
  for (const NamedResource& listener : out.listeners) {
    collect(listener.config, "route_config_name", routes);
  }
  for (const std::string& name : routes) out.routes.push_back(routesOf(model, proxy, name));
  return out;
}

std::string toYaml(const Case& c) {
  doc::Draft out = doc::Draft::object();
  for (const auto& [name, proxy] : c.proxies) {
    const Snapshot snapshot = snapshotOf(*c.model, proxy);
    doc::Draft one = doc::Draft::object();
    one["clusters"] = configs(snapshot.clusters);
    one["endpoints"] = configs(snapshot.endpoints);
    one["listeners"] = configs(snapshot.listeners);
    one["routes"] = configs(snapshot.routes);
    if (snapshot.names) one["names"] = doc::Draft(*snapshot.names);
    out["proxies"][name] = std::move(one);
  }
  out["warnings"] = doc::Draft::strings(warningsOf(*c.model));
  Blocks blocks;
  doc::Draft shorter = blocks.shorten(out.finish());
  shorter["blocks"] = blocks.finish();
  return doc::toYaml(shorter.finish());
}

}  // namespace meshka::mesh::test
