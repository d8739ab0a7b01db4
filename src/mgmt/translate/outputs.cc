#include "mgmt/translate/outputs.h"

#include <utility>

#include "base/strings.h"
#include "mgmt/translate/kinds.h"
#include "mgmt/translate/names.h"

namespace meshka::mgmt {

using doc::Draft;

namespace {

std::string_view apiVersionOf(std::string_view kind) {
  const bool security = kind == "PeerAuthentication" || kind == "AuthorizationPolicy";
  return security ? "security.istio.io/v1beta1" : "networking.istio.io/v1beta1";
}

Draft labelsFor(const Place& place, const Parent& parent) {
  const std::string cluster = labelValue(place.cluster->name);
  return Draft::object({{"agent.gloo.solo.io", "gloo-mesh"},
                        {"owner.gloo.solo.io/name", "gloo-mesh"},
                        {"reconciler.mesh.gloo.solo.io/name", "translator"},
                        {"cluster.multicluster.solo.io", ""},
                        {"relay.solo.io/cluster", cluster},
                        {"context.mesh.gloo.solo.io/cluster", cluster},
                        {"context.mesh.gloo.solo.io/namespace", labelValue(place.ns)},
                        {"context.mesh.gloo.solo.io/workspace", labelValue(place.workspace)},
                        {"gloo.solo.io/parent_cluster", labelValue(parent.cluster)},
                        {"gloo.solo.io/parent_group", labelValue(parent.group)},
                        {"gloo.solo.io/parent_kind", labelValue(parent.kind)},
                        {"gloo.solo.io/parent_name", labelValue(parent.name)},
                        {"gloo.solo.io/parent_namespace", labelValue(parent.ns)},
                        {"gloo.solo.io/parent_version", labelValue(parent.version)}});
}

bool sameParent(doc::Value object, const Draft& labels) {
  const doc::Value own = object["metadata"]["labels"];
  for (const char* part : {"cluster", "group", "kind", "name", "namespace"}) {
    const std::string key = cat("gloo.solo.io/parent_", part);
    if (own[key].text() != labels.find(key)->text()) return false;
  }
  return true;
}

}  // namespace

Parent parentOf(const Service& service) {
  return {service.cluster, "", "v1", "Service", service.ns, service.name};
}

Parent parentOf(const ObjectId& id) {
  const size_t dot = id.resource.find('.');
  const KindInfo* info = kindOf(id.resource);
  return {id.cluster, dot == std::string::npos ? "" : id.resource.substr(dot + 1),
          "v2",       std::string(info == nullptr ? "" : info->kind),
          id.ns,      id.name};
}

std::string Outputs::add(std::string_view kind, const Place& place, const std::string& name,
                         const Parent& parent, Draft spec) {
  auto& objects = clusters_[place.cluster->name];
  Draft labels = labelsFor(place, parent);
  Key key{std::string(kind), place.ns, name};
  // "a-b" of "c" and "a" of "b-c" want the same name.
  if (const auto taken = objects.find(key);
      taken != objects.end() && !sameParent(taken->second, labels)) {
    std::get<2>(key) = hashedName(
        name, cat(parent.cluster, "/", parent.kind, "/", parent.ns, "/", parent.name, "/", name));
  }
  const std::string final_name = std::get<2>(key);
  Draft metadata = Draft::object({{"name", final_name}, {"namespace", place.ns}});
  metadata["labels"] = std::move(labels);
  Draft object = Draft::object({{"apiVersion", apiVersionOf(kind)}, {"kind", kind}});
  object["metadata"] = std::move(metadata);
  object["spec"] = std::move(spec);
  objects.insert_or_assign(std::move(key), object.finish());
  return final_name;
}

std::map<std::string, std::vector<doc::Doc>> Outputs::take() {
  std::map<std::string, std::vector<doc::Doc>> out;
  for (auto& [cluster, objects] : clusters_) {
    std::vector<doc::Doc>& list = out[cluster];
    list.reserve(objects.size());
    for (auto& [key, object] : objects) list.push_back(std::move(object));
  }
  return out;
}

}  // namespace meshka::mgmt
