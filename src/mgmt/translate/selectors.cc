#include "mgmt/translate/selectors.h"

#include "mgmt/translate/inventory.h"
#include "mgmt/translate/names.h"

namespace meshka::mgmt {

using doc::Value;

Selectable selectable(const Service& service, const World& world, std::string_view workspace) {
  const Cluster* cluster = world.cluster(service.cluster);
  return {service.name,    service.ns,
          service.cluster, cluster == nullptr ? "" : cluster->given_name,
          workspace,       &service.labels};
}

Selectable selectable(const ConfigObject& object, const World& world) {
  const Cluster* cluster = world.cluster(object.id.cluster);
  return {object.id.name,    object.id.ns,
          object.id.cluster, cluster == nullptr ? "" : cluster->given_name,
          object.workspace,  &object.labels};
}

bool objectSelected(Value selector, const Selectable& object) {
  const auto fits = [&](const char* key, std::string_view text) {
    const std::string_view pattern = selector[key].text();
    return pattern.empty() || globMatches(pattern, text);
  };
  if (!fits("name", object.name) || !fits("namespace", object.ns) ||
      !fits("workspace", object.workspace)) {
    return false;
  }
  const std::string_view cluster = selector["cluster"].text();
  if (!cluster.empty() && !clusterMatches(cluster, object.cluster, object.given_cluster)) {
    return false;
  }
  const Labels wanted = readLabels(selector["labels"]);
  return wanted.empty() || (object.labels != nullptr && containsAll(*object.labels, wanted));
}

bool anySelected(Value selectors, const Selectable& object) {
  if (selectors.empty()) return true;
  for (const Value selector : selectors.elements()) {
    if (objectSelected(selector, object)) return true;
  }
  return false;
}

bool workspaceSelected(Value selector, std::string_view name, const Labels& labels) {
  const std::string_view pattern = selector["name"].text();
  if (!pattern.empty() && !globMatches(pattern, name)) return false;
  return containsAll(labels, readLabels(selector["selector"]));
}

bool kindIs(Value reference, std::string_view name, int64_t number) {
  const Value kind = reference["kind"];
  if (!kind.exists()) return number == 0;
  return kind.isNumber() ? kind.integer() == number : kind.text() == name;
}

bool portSelected(Value selector, const ServicePort& port) {
  if (selector["number"].exists()) return selector["number"].integer() == port.number;
  if (selector["name"].exists()) return selector["name"].text() == port.name;
  return true;
}

}  // namespace meshka::mgmt
