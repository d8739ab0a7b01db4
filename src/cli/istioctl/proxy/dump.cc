#include "cli/istioctl/proxy/dump.h"

#include "base/strings.h"

namespace meshka::cli::proxy {

using doc::Value;

namespace {

std::string camel(std::string_view name) {
  std::string out;
  bool up = false;
  for (const char c : name) {
    if (c == '_') {
      up = true;
      continue;
    }
    out += up && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    up = false;
  }
  return out;
}

void addAll(std::vector<Value>& out, Value list, std::string_view member) {
  for (const Value element : list.elements()) {
    const Value found = at(element, member);
    if (found.exists()) out.push_back(found);
  }
}

}  // namespace

Value at(Value object, std::string_view name) {
  const Value plain = object[name];
  if (plain.exists() || name.find('_') == name.npos) return plain;
  return object[camel(name)];
}

Value section(Value dump, std::string_view message) {
  for (const Value config : dump["configs"].elements()) {
    const std::string_view type = config["@type"].text();
    if (type.ends_with(message) && type.size() > message.size() &&
        type[type.size() - message.size() - 1] == '.')
      return config;
  }
  return {};
}

std::vector<Value> clustersOf(Value dump) {
  std::vector<Value> out;
  const Value clusters = section(dump, "ClustersConfigDump");
  addAll(out, at(clusters, "dynamic_active_clusters"), "cluster");
  addAll(out, at(clusters, "static_clusters"), "cluster");
  return out;
}

std::vector<Value> listenersOf(Value dump) {
  std::vector<Value> out;
  const Value listeners = section(dump, "ListenersConfigDump");
  for (const Value entry : at(listeners, "dynamic_listeners").elements()) {
    const Value active = at(entry, "active_state", "listener");
    if (active.exists()) out.push_back(active);
  }
  addAll(out, at(listeners, "static_listeners"), "listener");
  return out;
}

std::vector<Value> routesOf(Value dump) {
  std::vector<Value> out;
  const Value routes = section(dump, "RoutesConfigDump");
  addAll(out, at(routes, "dynamic_route_configs"), "route_config");
  addAll(out, at(routes, "static_route_configs"), "route_config");
  return out;
}

ClusterName parseClusterName(std::string_view name) {
  const std::vector<std::string_view> parts = split(name, '|');
  if (parts.size() < 4) return {.host = std::string(name)};
  return {std::string(parts[0]), std::string(parts[1]), std::string(parts[2]),
          std::string(parts[3]), true};
}

std::string managedBy(Value metadata) {
  const std::string_view path = at(metadata, "filter_metadata")["istio"]["config"].text();
  const std::vector<std::string_view> parts = split(path, '/');
  // /apis/GROUP/VERSION/namespaces/NAMESPACE/KIND/NAME
  if (parts.size() < 8) return {};
  return cat(parts[7], ".", parts[5]);
}

}  // namespace meshka::cli::proxy
