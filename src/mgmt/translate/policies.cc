#include "mgmt/translate/policies.h"

#include "base/strings.h"
#include "mgmt/translate/context.h"

namespace meshka::mgmt {

using doc::Value;

namespace {

bool serviceSelected(const Context& context, Value selector, const Service& service,
                     const std::string& workspace, const ServicePort* port) {
  if (!kindIs(selector, "SERVICE", 0)) return false;
  if (!objectSelected(selector["selector"], selectable(service, context.world, workspace))) {
    return false;
  }
  return port == nullptr || portSelected(selector["port"], *port);
}

// RouteSelector.route: the labels may stand on the table or on the route.
bool routeSelected(const Context& context, Value selector, const RouteSubject& subject) {
  const ConfigObject& table = *subject.table;
  Selectable object = selectable(table, context.world);
  if (objectSelected(selector, object)) return true;
  object.labels = &subject.labels;
  return objectSelected(selector, object);
}

bool appliesToRoute(const Context& context, const ConfigObject& policy,
                    const RouteSubject& subject) {
  const Value choices = policy.spec()["applyToRoutes"];
  if (choices.empty()) return true;
  for (const Value choice : choices.elements()) {
    if (choice["route"].exists()) {
      if (routeSelected(context, choice["route"], subject)) return true;
      continue;
    }
    const Value wanted = choice["withDestinations"];
    if (!wanted.exists()) return true;  // an empty selector
    for (const Service* service : subject.services) {
      const std::string owner = context.workspaces.ownerOf(service->cluster, service->ns);
      if (serviceSelected(context, wanted, *service, owner, nullptr)) return true;
    }
  }
  return false;
}

bool appliesToDestination(const Context& context, const ConfigObject& policy,
                          const Service& service, const std::string& workspace,
                          const ServicePort& port) {
  const Value choices = policy.spec()["applyToDestinations"];
  if (choices.empty()) return true;
  for (const Value choice : choices.elements()) {
    if (serviceSelected(context, choice, service, workspace, &port)) return true;
  }
  return false;
}

bool appliesToVirtual(const Context& context, std::string_view kind, const ConfigObject& policy,
                      const ConfigObject& destination, int64_t port) {
  const Value choices = policy.spec()["applyToDestinations"];
  if (choices.empty()) return true;
  for (const Value choice : choices.elements()) {
    // FailoverPolicies apply to nothing else, so that they need not say it.
    const bool named =
        kindIs(choice, "VIRTUAL_DESTINATION", 1) || (kind == kFailover && !choice["kind"].exists());
    if (!named) continue;
    if (choice["port"]["number"].exists() && choice["port"]["number"].integer() != port) continue;
    if (objectSelected(choice["selector"], selectable(destination, context.world))) return true;
  }
  return false;
}

// The first match wins, and every later one is told by whom it is shadowed.
template <class Applies>
const ConfigObject* oldest(Context& context, std::string_view kind, const std::string& workspace,
                           const std::string& subject, Applies applies) {
  const ConfigObject* winner = nullptr;
  for (const ConfigObject& policy : context.inventory.of(kind)) {
    if (policy.workspace.empty() || policy.workspace != workspace || !applies(policy)) continue;
    context.used.insert(policy.id);
    if (winner == nullptr) {
      winner = &policy;
      continue;
    }
    context.statuses.invalid(
        policy.id, cat("the older ", kindOf(kind)->kind, " ", winner->id.ns, "/", winner->id.name,
                       " applies to ", subject, " already: narrow one of the two, or delete it"));
  }
  return winner;
}

}  // namespace

const ConfigObject* routePolicy(Context& context, std::string_view kind,
                                const RouteSubject& subject) {
  return oldest(
      context, kind, subject.table->workspace,
      cat("a route of ", subject.table->id.ns, "/", subject.table->id.name),
      [&](const ConfigObject& policy) { return appliesToRoute(context, policy, subject); });
}

const ConfigObject* destinationPolicy(Context& context, std::string_view kind,
                                      const Service& service, const std::string& workspace,
                                      const ServicePort& port) {
  return oldest(context, kind, workspace,
                cat("port ", port.number, " of service ", service.ns, "/", service.name),
                [&](const ConfigObject& policy) {
                  return appliesToDestination(context, policy, service, workspace, port);
                });
}

const ConfigObject* virtualDestinationPolicy(Context& context, std::string_view kind,
                                             const ConfigObject& destination, int64_t port) {
  return oldest(
      context, kind, destination.workspace,
      cat("port ", port, " of VirtualDestination ", destination.id.ns, "/", destination.id.name),
      [&](const ConfigObject& policy) {
        return appliesToVirtual(context, kind, policy, destination, port);
      });
}

void reportIdlePolicies(Context& context) {
  struct Row {
    std::string_view kind;
    const char* field;
    const char* what;
  };
  constexpr Row kRows[] = {{kFault, "applyToRoutes", "route"},
                           {kRetryTimeout, "applyToRoutes", "route"},
                           {kCors, "applyToRoutes", "route"},
                           {kHeaders, "applyToRoutes", "route"},
                           {kMirror, "applyToRoutes", "route"},
                           {kOutlier, "applyToDestinations", "destination"},
                           {kConnection, "applyToDestinations", "destination"},
                           {kFailover, "applyToDestinations", "destination"},
                           {kAccess, "applyToDestinations", "destination"}};
  for (const Row& row : kRows) {
    for (const ConfigObject& policy : context.inventory.of(row.kind)) {
      if (policy.workspace.empty() || context.used.contains(policy.id)) continue;
      context.statuses.warn(policy.id,
                            cat("spec.", row.field, " selects no ", row.what, " of workspace ",
                                policy.workspace, ": the policy has no effect"));
    }
  }
}

}  // namespace meshka::mgmt
