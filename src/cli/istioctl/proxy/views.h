// The tables of `istioctl proxy-config` and `proxy-status`, in 1.11's columns, as plain functions
// of what Envoy and istiod say.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "doc/doc.h"

namespace meshka::cli::proxy {

using Table = std::vector<std::vector<std::string>>;  // the first row is the header

struct ClusterFilter {
  std::string fqdn, port, subset, direction;
};
struct ListenerFilter {
  std::string address, port, type;
  bool verbose = true;
};
struct EndpointFilter {
  std::string address, port, cluster, status;
};

// The resources that pass; with the same order as in the table.
std::vector<doc::Value> filterClusters(doc::Value dump, const ClusterFilter& filter);
std::vector<doc::Value> filterListeners(doc::Value dump, const ListenerFilter& filter);
std::vector<doc::Value> filterRoutes(doc::Value dump, std::string_view name);

Table clusterTable(const std::vector<doc::Value>& clusters);
Table listenerTable(const std::vector<doc::Value>& listeners, bool verbose);
Table routeTable(const std::vector<doc::Value>& routes);
// `clusters` is the answer of /clusters?format=json.
Table endpointTable(doc::Value clusters, const EndpointFilter& filter);
// A certificate is valid or not at `now`.
Table secretTable(doc::Value dump, WallTime now);
// `proxies` is /debug/syncz; `istiod` is the pod that said it.
void appendStatusRows(Table& table, doc::Value proxies, std::string_view istiod);
Table statusTable();

// Columns as Go's tabwriter makes them, `padding` apart.
std::string formatColumns(const Table& table, size_t padding);

}  // namespace meshka::cli::proxy
