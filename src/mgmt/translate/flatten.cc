#include "mgmt/translate/flatten.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/strings.h"
#include "mgmt/translate/context.h"
#include "mgmt/translate/limits.h"
#include "mgmt/translate/matches.h"
#include "mgmt/translate/unknown_keys.h"

namespace meshka::mgmt {

using doc::Draft;
using doc::Value;

namespace {

// The order of sortMethod ROUTE_SPECIFICITY: exact, regex, prefix; then the longer text.
std::pair<int, int64_t> specificity(const FlatRoute& route) {
  std::pair<int, int64_t> best{3, 0};
  for (const Draft& match : route.matches) {
    const Draft* uri = match.find("uri");
    if (uri == nullptr) continue;
    int rank = 0;
    for (const char* how : {"exact", "regex", "prefix"}) {
      if (const Draft* value = uri->find(how)) {
        best = std::min(best, {rank, -static_cast<int64_t>(value->text().size())});
      }
      ++rank;
    }
  }
  return best;
}

class Flattener {
 public:
  Flattener(Context& context, std::set<ObjectId>& delegates)
      : context_(context), delegates_(delegates) {}

  std::vector<FlatRoute> table(const ConfigObject& table) {
    std::vector<FlatRoute> routes;
    above_.push_back(&table);
    const Value list = table.spec()["http"];
    for (size_t i = 0; i < list.size(); ++i) {
      auto flat = own(table, list[i], i);
      if (!flat) continue;
      if (!list[i]["delegate"].exists()) {
        routes.push_back(std::move(*flat));
        continue;
      }
      for (FlatRoute& child : delegated(*flat)) routes.push_back(std::move(child));
    }
    above_.pop_back();
    return routes;
  }

 private:
  // An error of a matcher takes the route away: what it should match is not known.
  std::optional<FlatRoute> own(const ConfigObject& table, Value route, size_t index) {
    FlatRoute flat;
    flat.table = &table;
    flat.route = route;
    flat.path = cat("spec.http[", index, "]");
    flat.name = cat(table.id.name, "-", route["name"].text(cat(index)));
    const Value matchers = route["matchers"];
    for (size_t m = 0; m < matchers.size(); ++m) {
      auto match = requestMatch(matchers[m], cat(flat.path, ".matchers[", m, "]"));
      if (!match) {
        context_.statuses.warn(table.id, cat(match.error().message(), "; the route is left out"));
        return std::nullopt;
      }
      // An empty matcher matches everything, as none does.
      if (match->size() > 0 || matchers.size() > 1) flat.matches.push_back(std::move(*match));
    }
    return flat;
  }

  std::vector<const ConfigObject*> children(const FlatRoute& parent) {
    const ConfigObject& table = *parent.table;
    std::vector<const ConfigObject*> found;
    for (const Value selector : parent.route["delegate"]["routeTables"].elements()) {
      for (const ConfigObject& other : context_.inventory.of(kRouteTables)) {
        if (other.workspace.empty() || !other.spec()["hosts"].empty()) continue;
        const Selectable object = selectable(other, context_.world);
        if (!objectSelected(selector, object)) continue;
        if (other.workspace != table.workspace &&
            !context_.sharing.shared("ROUTE_TABLE", object, table.workspace)) {
          continue;
        }
        if (std::find(found.begin(), found.end(), &other) == found.end()) found.push_back(&other);
      }
    }
    // Equal weights keep their order.
    std::vector<std::pair<int64_t, size_t>> order;
    for (size_t i = 0; i < found.size(); ++i) {
      order.emplace_back(-found[i]->spec()["weight"].integer(), i);
    }
    std::sort(order.begin(), order.end());
    std::vector<const ConfigObject*> sorted;
    for (const auto& [weight, i] : order) sorted.push_back(found[i]);
    return sorted;
  }

  std::vector<FlatRoute> delegated(const FlatRoute& parent) {
    std::vector<FlatRoute> routes;
    const auto tables = children(parent);
    if (tables.empty()) {
      context_.statuses.warn(parent.table->id,
                             cat(parent.path,
                                 ".delegate.routeTables selects no RouteTable without "
                                 "hosts that workspace ",
                                 parent.table->workspace, " may use"));
    }
    for (const ConfigObject* child : tables) {
      if (std::find(above_.begin(), above_.end(), child) != above_.end() ||
          above_.size() > kMaxDelegation || ++visits_ > kMaxDelegates) {
        context_.statuses.warn(
            parent.table->id,
            cat(parent.path, ".delegate: RouteTable ", child->id.ns, "/", child->id.name,
                " delegates back here, too deep or to too many; left out"));
        continue;
      }
      delegates_.insert(child->id);
      context_.statuses.body(child->id)["parentRouteTables"].push(
          Draft::object({{"name", parent.table->id.name},
                         {"namespace", parent.table->id.ns},
                         {"cluster", parent.table->id.cluster}}));
      for (FlatRoute& route : table(*child)) {
        if (join(parent, route)) routes.push_back(std::move(route));
      }
    }
    if (enumName(parent.route["delegate"]["sortMethod"], {"TABLE_WEIGHT", "ROUTE_SPECIFICITY"}) ==
        "ROUTE_SPECIFICITY") {
      std::vector<std::pair<std::pair<int, int64_t>, size_t>> order;
      for (size_t i = 0; i < routes.size(); ++i) order.emplace_back(specificity(routes[i]), i);
      std::sort(order.begin(), order.end());
      std::vector<FlatRoute> sorted;
      for (const auto& [key, i] : order) sorted.push_back(std::move(routes[i]));
      return sorted;
    }
    return routes;
  }

  // false: nothing can match both.
  bool join(const FlatRoute& parent, FlatRoute& child) {
    if (parent.matches.empty()) return true;
    if (child.matches.empty()) {
      child.matches = parent.matches;
      return true;
    }
    std::vector<Draft> both;
    for (const Draft& outer : parent.matches) {
      for (const Draft& inner : child.matches) {
        if (auto match = bothMatch(outer, inner)) both.push_back(std::move(*match));
      }
    }
    if (both.empty()) {
      context_.statuses.warn(child.table->id,
                             cat(child.path,
                                 ".matchers: nothing can match these "
                                 "and those of ",
                                 parent.path, " of RouteTable ", parent.table->id.ns, "/",
                                 parent.table->id.name, "; the route is left out there"));
    }
    child.matches = std::move(both);
    return !child.matches.empty();
  }

  Context& context_;
  std::set<ObjectId>& delegates_;
  std::vector<const ConfigObject*> above_;  // the way from the root
  int visits_ = 0;
};

}  // namespace

std::vector<FlatRoute> flatten(Context& context, const ConfigObject& root,
                               std::set<ObjectId>& delegates) {
  return Flattener(context, delegates).table(root);
}

}  // namespace meshka::mgmt
