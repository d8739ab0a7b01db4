#include "mgmt/translate/route_tables.h"

#include <optional>
#include <utility>

#include "base/strings.h"
#include "mgmt/translate/context.h"
#include "mgmt/translate/flatten.h"
#include "mgmt/translate/routes.h"

namespace meshka::mgmt {

using doc::Draft;
using doc::Value;

namespace {

// The labels of the sidecars that a selector means in this place; nothing: none there.
std::optional<std::vector<Labels>> sourcesIn(const Value selectors, const Place& place) {
  if (selectors.empty()) return std::vector<Labels>{};
  std::vector<Labels> sources;
  bool all = false;
  for (const Value entry : selectors.elements()) {
    const Value selector = entry["selector"];
    const Selectable here{
        "", place.ns, place.cluster->name, place.cluster->given_name, place.workspace, nullptr};
    Draft where(selector);
    if (!where.isObject()) where = Draft::object();
    where.erase("labels");
    where.erase("name");
    if (!objectSelected(where.finish(), here)) continue;
    const Labels wanted = readLabels(selector["labels"]);
    if (selector["name"].text().empty()) {
      if (wanted.empty())
        all = true;
      else
        sources.push_back(wanted);
      continue;
    }
    for (const AppWorkload& workload : place.cluster->workloads) {
      if (workload.ns == place.ns && globMatches(selector["name"].text(), workload.name) &&
          containsAll(workload.labels, wanted)) {
        sources.push_back(workload.labels);
      }
    }
  }
  if (all) return std::vector<Labels>{};
  if (sources.empty()) return std::nullopt;
  return sources;
}

class TableWriter {
 public:
  explicit TableWriter(Context& context) : context_(context) {}

  void write(const ConfigObject& table) {
    Statuses& statuses = context_.statuses;
    const Value spec = table.spec();
    if (spec["hosts"].empty()) return;  // for others to delegate to
    const auto routes = flatten(context_, table, delegates_);
    if (routes.empty()) {
      statuses.invalid(table.id, "spec.http has no route that works: nothing is written");
      return;
    }
    const bool gateways = !spec["virtualGateways"].empty();
    const bool sidecars = !gateways || !spec["workloadSelectors"].empty();
    any_place_ = false;
    any_route_ = false;
    if (gateways) atGateways(table, routes);
    if (sidecars) atSidecars(table, routes);
    if (!any_place_) {
      statuses.warn(table.id, gateways ? "no gateway serves the table: nothing is written"
                                       : "spec.workloadSelectors selects no workload: nothing is "
                                         "written");
    } else if (!any_route_) {
      statuses.invalid(table.id, "no route of the table works");
    }
    statuses.body(table.id)["ownerWorkspace"]["workspace"] = table.workspace;
  }

  void reportOrphans() {
    for (const ConfigObject& table : context_.inventory.of(kRouteTables)) {
      if (table.workspace.empty() || !table.spec()["hosts"].empty()) continue;
      if (delegates_.contains(table.id)) continue;
      context_.statuses.warn(table.id,
                             "spec.hosts is empty and no RouteTable delegates to this "
                             "one: nothing is written for it");
    }
  }

 private:
  void atSidecars(const ConfigObject& table, const std::vector<FlatRoute>& routes) {
    const auto takers = context_.sharing.takers("ROUTE_TABLE", selectable(table, context_.world));
    for (const auto& [name, cluster] : context_.world.clusters) {
      if (!cluster.has_mesh) continue;
      for (const Place& place : context_.clientPlaces(cluster, table.workspace, takers)) {
        const auto sources = sourcesIn(table.spec()["workloadSelectors"], place);
        if (!sources) continue;
        any_place_ = true;
        const auto hosts = freeHosts(table, place);
        if (hosts.empty())
          any_route_ = true;  // the conflict is said
        else
          writeAt(table, routes, place, *sources, {"mesh"}, hosts, "");
      }
    }
  }

  void atGateways(const ConfigObject& table, const std::vector<FlatRoute>& routes) {
    // Where both are written to one namespace they need two names.
    const bool both = !table.spec()["workloadSelectors"].empty();
    for (const GatewayBinding& binding : bindToGateways(context_, table)) {
      any_place_ = true;
      writeAt(table, routes, binding.place, {}, binding.gateways, binding.hosts,
              both ? "-gateways" : "");
    }
  }

  void writeAt(const ConfigObject& table, const std::vector<FlatRoute>& routes, const Place& place,
               const std::vector<Labels>& sources, const std::vector<std::string>& gateways,
               const std::vector<std::string>& hosts, std::string_view suffix) {
    Draft spec = Draft::object({{"hosts", Draft::strings(hosts)},
                                {"gateways", Draft::strings(gateways)},
                                {"exportTo", Draft::strings({"."})}});
    for (const FlatRoute& flat : routes) {
      bool worked = false;
      spec["http"].push(buildRoute(context_, flat, place, sources, worked));
      any_route_ = any_route_ || worked;
    }
    const std::string home = table.id.cluster.empty() ? "mgmt" : table.id.cluster;
    const std::string name = sanitizeName(cat("routetable-", table.id.name, "-", table.id.ns, "-",
                                              home, "-", place.workspace, suffix));
    context_.outputs.add("VirtualService", place, name, parentOf(table.id), std::move(spec));
    context_.statuses.applied(table.id, place.workspace, place.cluster->name);
  }

  // Istio takes only one VirtualService for a host at a sidecar; the oldest table keeps it.
  std::vector<std::string> freeHosts(const ConfigObject& table, const Place& place) {
    std::vector<std::string> hosts;
    for (const Value value : table.spec()["hosts"].elements()) {
      const std::string host(value.text());
      const auto [taken, fresh] =
          hosts_.emplace(cat(place.cluster->name, "/", place.ns, "/", host), &table);
      if (!fresh && taken->second != &table) {
        const ObjectId& other = taken->second->id;
        context_.statuses.invalid(
            table.id,
            cat("host ", host, " is routed by the older RouteTable ", other.ns, "/", other.name,
                " already: add the "
                "routes there"));
        continue;
      }
      hosts.push_back(host);
    }
    return hosts;
  }

  Context& context_;
  bool any_place_ = false;  // of the table at hand
  bool any_route_ = false;
  std::set<ObjectId> delegates_;
  std::map<std::string, const ConfigObject*> hosts_;  // cluster/namespace/host
};

}  // namespace

void writeRouteTables(Context& context) {
  TableWriter writer(context);
  for (const ConfigObject& table : context.inventory.of(kRouteTables)) {
    if (!table.workspace.empty()) writer.write(table);
  }
  writer.reportOrphans();
}

}  // namespace meshka::mgmt
