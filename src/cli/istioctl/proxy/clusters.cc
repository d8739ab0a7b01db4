// proxy-config cluster and endpoint.
#include <algorithm>
#include <tuple>

#include "base/strings.h"
#include "cli/istioctl/proxy/dump.h"
#include "cli/istioctl/proxy/views.h"

namespace meshka::cli::proxy {

using doc::Value;

namespace {

std::string numberOrText(Value value) {
  return value.isNumber() ? cat(value.integer()) : std::string(value.text());
}

auto sortKey(const Value& cluster) {
  const ClusterName name = parseClusterName(cluster["name"].text());
  return std::tuple(name.host, name.subset, parseInt(name.port).value_or(0), name.direction);
}

std::string addressOf(Value host) {
  const Value address = host["address"];
  const Value socket = at(address, "socket_address");
  if (socket.exists())
    return cat(socket["address"].text(), ":", numberOrText(at(socket, "port_value")));
  const Value pipe = address["pipe"];
  if (pipe.exists()) return cat("unix://", pipe["path"].text());
  return std::string(at(address, "envoy_internal_address", "server_listener_name").text());
}

// Envoy leaves out what is the default.
std::string statusOf(Value host) {
  return std::string(at(host, "health_status", "eds_health_status").text("HEALTHY"));
}

bool failsOutlierCheck(Value host) {
  return at(host, "health_status", "failed_outlier_check").boolean();
}

// Newer Envoys name DNS clusters by extension; people know them by the old names.
std::string typeOf(Value cluster) {
  const Value custom = at(cluster, "cluster_type");
  if (custom["name"].text() == "envoy.cluster.dns") {
    const Value single = at(custom, "typed_config", "all_addresses_in_single_endpoint");
    return single.boolean() ? "LOGICAL_DNS" : "STRICT_DNS";
  }
  if (custom.exists()) return std::string(custom["name"].text());
  return std::string(cluster["type"].text("STATIC"));
}

bool passes(std::string_view wanted, std::string_view value) {
  return wanted.empty() || wanted == value;
}

}  // namespace

std::vector<Value> filterClusters(Value dump, const ClusterFilter& filter) {
  std::vector<Value> out;
  for (const Value cluster : clustersOf(dump)) {
    const ClusterName name = parseClusterName(cluster["name"].text());
    const bool host = filter.fqdn.empty() || name.host.find(filter.fqdn) != std::string::npos;
    if (host && passes(filter.port, name.port) && passes(filter.subset, name.subset) &&
        (filter.direction.empty() || equalsIgnoreCase(filter.direction, name.direction)))
      out.push_back(cluster);
  }
  std::ranges::sort(out, {}, [](const Value& cluster) { return sortKey(cluster); });
  return out;
}

Table clusterTable(const std::vector<Value>& clusters) {
  Table out = {{"SERVICE FQDN", "PORT", "SUBSET", "DIRECTION", "TYPE", "DESTINATION RULE"}};
  for (const Value cluster : clusters) {
    const ClusterName name = parseClusterName(cluster["name"].text());
    const auto dashed = [](const std::string& text) { return text.empty() ? "-" : text; };
    const std::string type = typeOf(cluster);
    if (!name.parsed) {
      out.push_back({name.host, "-", "-", "-", type, managedBy(cluster["metadata"])});
      continue;
    }
    out.push_back({name.host, dashed(name.port), dashed(name.subset), name.direction, type,
                   managedBy(cluster["metadata"])});
  }
  return out;
}

Table endpointTable(Value clusters, const EndpointFilter& filter) {
  Table rows;
  for (const Value cluster : at(clusters, "cluster_statuses").elements()) {
    const std::string name(cluster["name"].text());
    if (!passes(filter.cluster, name)) continue;
    for (const Value host : at(cluster, "host_statuses").elements()) {
      const std::string address = addressOf(host);
      const size_t colon = address.rfind(':');
      const bool wanted =
          passes(filter.address, address.substr(0, colon)) &&
          (filter.port.empty() ||
           (colon != address.npos && address.substr(colon + 1) == filter.port)) &&
          (filter.status.empty() || equalsIgnoreCase(filter.status, statusOf(host)));
      if (wanted)
        rows.push_back({address, statusOf(host), failsOutlierCheck(host) ? "FAILED" : "OK", name});
    }
  }
  std::ranges::sort(rows, {}, [](const auto& row) { return std::tie(row[0], row[3]); });
  rows.insert(rows.begin(), {"ENDPOINT", "STATUS", "OUTLIER CHECK", "CLUSTER"});
  return rows;
}

}  // namespace meshka::cli::proxy
