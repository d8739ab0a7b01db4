#include "mgmt/translate/inventory.h"

#include <algorithm>
#include <tuple>

#include "base/strings.h"

namespace meshka::mgmt {

Inventory::Inventory(const TranslateInput& input, Statuses& statuses) {
  addAll("", input.admin, statuses);
  for (const auto& [name, snapshot] : input.clusters) addAll(name, snapshot.objects, statuses);
  for (auto& [resource, objects] : by_resource_) {
    // Times of Kubernetes are texts of one form, so they compare as texts.
    std::sort(objects.begin(), objects.end(), [](const ConfigObject& a, const ConfigObject& b) {
      const std::string_view at = a.object["metadata"]["creationTimestamp"].text();
      const std::string_view bt = b.object["metadata"]["creationTimestamp"].text();
      return std::tie(at, a.id) < std::tie(bt, b.id);
    });
  }
}

void Inventory::addAll(const std::string& cluster, const ObjectsByResource& objects,
                       Statuses& statuses) {
  for (const KindInfo& info : kKinds) {
    const auto found = objects.find(std::string(info.resource));
    if (found == objects.end()) continue;
    for (const doc::Doc& object : found->second) {
      const doc::Value metadata = object["metadata"];
      if (metadata["deletionTimestamp"].exists()) continue;
      ObjectId id{cluster, found->first, std::string(metadata["namespace"].text()),
                  std::string(metadata["name"].text())};
      statuses.expect(id, metadata["generation"].integer(), info.form);
      if (!info.supported) {
        statuses.invalid(id, cat(info.kind, " is not supported yet: nothing is written for it"));
        continue;
      }
      by_resource_[id.resource].push_back({id, object, readLabels(metadata["labels"]), ""});
    }
  }
}

const std::vector<ConfigObject>& Inventory::of(std::string_view resource) const {
  static const std::vector<ConfigObject> kNone;
  const auto found = by_resource_.find(resource);
  return found == by_resource_.end() ? kNone : found->second;
}

std::vector<ConfigObject>& Inventory::of(std::string_view resource) {
  return by_resource_[std::string(resource)];
}

}  // namespace meshka::mgmt
