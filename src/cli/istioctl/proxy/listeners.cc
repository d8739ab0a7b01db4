// proxy-config listener.
#include <algorithm>
#include <tuple>

#include "base/strings.h"
#include "cli/istioctl/proxy/dump.h"
#include "cli/istioctl/proxy/views.h"

namespace meshka::cli::proxy {

using doc::Value;

namespace {

struct Protocols {
  std::string_view label;
  std::vector<std::string_view> names;
};

// The sets of application protocols that istiod makes, by the names that people know.
const std::vector<Protocols>& knownProtocols() {
  static const std::vector<Protocols> kKnown = {
      {"App: HTTP TLS", {"istio-http/1.0", "istio-http/1.1", "istio-h2"}},
      {"App: HTTP TLS",
       {"http/1.0", "http/1.1", "h2c", "istio-http/1.0", "istio-http/1.1", "istio-h2"}},
      {"App: Istio HTTP Plain", {"istio", "istio-http/1.0", "istio-http/1.1", "istio-h2"}},
      {"App: TCP TLS", {"istio-peer-exchange", "istio"}},
      {"App: HTTP", {"http/1.0", "http/1.1", "h2c"}}};
  return kKnown;
}

std::vector<std::string> textsOf(Value list) {
  std::vector<std::string> out;
  for (const Value element : list.elements()) out.emplace_back(element.text());
  return out;
}

std::string describeProtocols(const std::vector<std::string>& names) {
  for (const Protocols& known : knownProtocols()) {
    if (known.names.size() == names.size() &&
        std::ranges::all_of(names, [&](const std::string& name) {
          return std::ranges::find(known.names, name) != known.names.end();
        }))
      return std::string(known.label);
  }
  return cat("App: ", join(names, ","));
}

std::string describeMatch(Value match) {
  std::vector<std::string> out;
  const std::vector<std::string> servers = textsOf(at(match, "server_names"));
  if (!servers.empty()) out.push_back(cat("SNI: ", join(servers, ",")));
  const std::string_view transport = at(match, "transport_protocol").text();
  if (!transport.empty()) out.push_back(cat("Trans: ", transport));
  const std::vector<std::string> protocols = textsOf(at(match, "application_protocols"));
  if (!protocols.empty()) out.push_back(describeProtocols(protocols));
  const Value destination = at(match, "destination_port");
  const std::string port = destination.exists() ? cat(":", destination.integer()) : std::string();
  std::vector<std::string> ranges;
  for (const Value range : at(match, "prefix_ranges").elements())
    ranges.push_back(
        cat(at(range, "address_prefix").text(), "/", at(range, "prefix_len").integer()));
  if (!ranges.empty()) {
    out.push_back(cat("Addr: ", join(ranges, ","), port));
  } else if (!port.empty()) {
    out.push_back(cat("Addr: *", port));
  }
  return out.empty() ? "ALL" : join(out, "; ");
}

// Istio's own catch-all clusters (PassthroughCluster) stand for themselves.
std::string describeCluster(std::string_view name) {
  return name.find("Cluster") == name.npos ? cat("Cluster: ", name) : std::string(name);
}

std::string describePath(Value match) {
  if (match["prefix"].exists()) return cat(match["prefix"].text(), "*");
  if (match["path"].exists()) return std::string(match["path"].text());
  const Value regex = at(match, "safe_regex", "regex");
  return regex.exists() ? cat("regex ", regex.text()) : "/*";
}

// One host, all paths, one cluster: the cluster says it all.
std::string onlyCluster(Value config) {
  const Value hosts = at(config, "virtual_hosts");
  if (hosts.size() != 1) return {};
  const Value host = hosts[size_t{0}];
  if (host["domains"].size() != 1 || host["domains"][size_t{0}].text() != "*" ||
      host["routes"].size() != 1)
    return {};
  const Value route = host["routes"][size_t{0}];
  if (route["match"]["prefix"].text() != "/") return {};
  const std::string_view cluster = route["route"]["cluster"].text();
  return cluster.empty() ? std::string() : describeCluster(cluster);
}

std::string describeRoutes(Value config) {
  const std::string only = onlyCluster(config);
  if (!only.empty()) return only;
  std::vector<std::string> hosts;
  for (const Value host : at(config, "virtual_hosts").elements()) {
    std::vector<std::string> paths;
    for (const Value route : host["routes"].elements())
      paths.push_back(describePath(route["match"]));
    const std::vector<std::string> domains = textsOf(host["domains"]);
    const bool all = domains.size() == 1 && domains[0] == "*";
    hosts.push_back(cat(all ? "" : cat(join(domains, "/"), " "), join(paths, ", ")));
  }
  return cat("Inline Route: ", join(hosts, "; "));
}

std::string describeFilters(Value filters) {
  for (const Value filter : filters.elements()) {
    const std::string_view name = filter["name"].text();
    const Value config = at(filter, "typed_config");
    const std::string_view type = config["@type"].text();
    if (name == "envoy.filters.network.http_connection_manager" ||
        type.ends_with(".HttpConnectionManager")) {
      const Value inline_routes = at(config, "route_config");
      if (inline_routes.exists()) return describeRoutes(inline_routes);
      return cat("Route: ", at(config, "rds", "route_config_name").text());
    }
    if (name == "envoy.filters.network.tcp_proxy" || type.ends_with(".TcpProxy"))
      return describeCluster(config["cluster"].text());
  }
  return "Non-HTTP/Non-TCP";
}

std::vector<Value> chainsOf(Value listener) {
  std::vector<Value> out;
  for (const Value chain : at(listener, "filter_chains").elements()) out.push_back(chain);
  const Value fallback = at(listener, "default_filter_chain");
  if (fallback.exists()) out.push_back(fallback);
  return out;
}

std::string typeOf(Value listener) {
  bool http = false;
  bool tcp = false;
  for (const Value chain : chainsOf(listener)) {
    for (const Value filter : chain["filters"].elements()) {
      const std::string_view name = filter["name"].text();
      http |= name == "envoy.filters.network.http_connection_manager";
      tcp |= name == "envoy.filters.network.tcp_proxy";
    }
  }
  if (http && tcp) return "HTTP+TCP";
  if (http) return "HTTP";
  return tcp ? "TCP" : "UNKNOWN";
}

std::string addressOf(Value listener) {
  return std::string(at(listener["address"], "socket_address", "address").text());
}

int64_t portOf(Value listener) {
  return at(listener["address"], "socket_address", "port_value").integer();
}

}  // namespace

std::vector<Value> filterListeners(Value dump, const ListenerFilter& filter) {
  std::vector<Value> out;
  for (const Value listener : listenersOf(dump)) {
    const bool address =
        filter.address.empty() || equalsIgnoreCase(filter.address, addressOf(listener));
    const bool port = filter.port.empty() || filter.port == cat(portOf(listener));
    const bool type = filter.type.empty() || equalsIgnoreCase(filter.type, typeOf(listener));
    if (address && port && type) out.push_back(listener);
  }
  std::ranges::sort(out, {}, [](const Value& listener) {
    return std::tuple(addressOf(listener), portOf(listener), typeOf(listener),
                      std::string(listener["name"].text()));
  });
  return out;
}

Table listenerTable(const std::vector<Value>& listeners, bool verbose) {
  if (!verbose) {
    Table out = {{"ADDRESS", "PORT", "TYPE"}};
    for (const Value listener : listeners)
      out.push_back({addressOf(listener), cat(portOf(listener)), typeOf(listener)});
    return out;
  }
  Table out = {{"ADDRESS", "PORT", "MATCH", "DESTINATION"}};
  for (const Value listener : listeners) {
    Table rows;
    for (const Value chain : chainsOf(listener))
      rows.push_back({addressOf(listener), cat(portOf(listener)),
                      describeMatch(at(chain, "filter_chain_match")),
                      describeFilters(chain["filters"])});
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
      return std::tie(b[3], a[2]) < std::tie(a[3], b[2]);
    });
    out.insert(out.end(), rows.begin(), rows.end());
  }
  return out;
}

}  // namespace meshka::cli::proxy
