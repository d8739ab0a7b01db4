#include "mesh/install/overlay.h"

#include "base/strings.h"
#include "mesh/install/operator.h"

namespace meshka::mesh {

using doc::Draft;
using doc::Value;

namespace {

std::string_view listKey(std::string_view field, Value element) {
  if (field == "containers" || field == "initContainers" || field == "env" || field == "volumes" ||
      field == "imagePullSecrets")
    return "name";
  if (field == "volumeMounts") return "mountPath";
  if (field == "ports") return element["containerPort"].exists() ? "containerPort" : "port";
  return {};
}

Draft mergeList(Draft base, Value over, std::string_view key) {
  std::vector<Draft> added;
  for (const Value element : over.elements()) {
    bool merged = false;
    for (size_t i = 0; i < base.size() && !merged; ++i) {
      const Draft* there = base.at(i).find(key);
      if (there == nullptr || !there->equals(element[key])) continue;
      base.at(i) = mergeObject(std::move(base.at(i)), element);
      merged = true;
    }
    if (!merged) added.emplace_back(element);
  }
  for (size_t i = 0; i < added.size(); ++i) base.insert(i, std::move(added[i]));
  return base;
}

Draft* find(Draft& root, std::initializer_list<std::string_view> path) {
  Draft* at = &root;
  for (const std::string_view step : path) at = &(*at)[step];
  return at;
}

// A setting of k8s and where in its object it belongs; {container} is the main one.
struct Setting {
  std::string_view name;
  std::string_view kind;
  std::string_view place;  // "/spec/template/spec"
  std::string_view field;  // "": the place itself
};

constexpr Setting kSettings[] = {
    {"affinity", "Deployment", "pod", "affinity"},
    {"nodeSelector", "Deployment", "pod", "nodeSelector"},
    {"priorityClassName", "Deployment", "pod", "priorityClassName"},
    {"securityContext", "Deployment", "pod", "securityContext"},
    {"tolerations", "Deployment", "pod", "tolerations"},
    {"podAnnotations", "Deployment", "template", "annotations"},
    {"replicaCount", "Deployment", "spec", "replicas"},
    {"strategy", "Deployment", "spec", "strategy"},
    {"env", "Deployment", "container", "env"},
    {"imagePullPolicy", "Deployment", "container", "imagePullPolicy"},
    {"readinessProbe", "Deployment", "container", "readinessProbe"},
    {"resources", "Deployment", "container", "resources"},
    {"hpaSpec", "HorizontalPodAutoscaler", "root", "spec"},
    {"podDisruptionBudget", "PodDisruptionBudget", "root", "spec"},
    {"service", "Service", "root", "spec"},
    {"serviceAnnotations", "Service", "metadata", "annotations"},
};

Draft layerOf(const Setting& setting, Value value, const OverlayTarget& target) {
  Draft field = Draft::object({{std::string(setting.field), Draft(value)}});
  if (setting.place == "root") return field;
  Draft layer = Draft::object();
  if (setting.place == "metadata") {
    layer["metadata"] = std::move(field);
  } else if (setting.place == "spec") {
    layer["spec"] = std::move(field);
  } else if (setting.place == "template") {
    *find(layer, {"spec", "template", "metadata"}) = std::move(field);
  } else if (setting.place == "pod") {
    *find(layer, {"spec", "template", "spec"}) = std::move(field);
  } else {
    field["name"] = target.container;
    *find(layer, {"spec", "template", "spec", "containers"}) = Draft::array({std::move(field)});
  }
  return layer;
}

doc::Doc* objectOf(std::vector<doc::Doc>& objects, std::string_view kind, std::string_view name) {
  for (doc::Doc& object : objects) {
    if (object["kind"].text() == kind && object["metadata"]["name"].text() == name) return &object;
  }
  return nullptr;
}

// Ports of a Service without a protocol get TCP.
doc::Doc withProtocols(const doc::Doc& service) {
  Draft out(service);
  Draft* ports = find(out, {"spec", "ports"});
  for (size_t i = 0; i < ports->size(); ++i) {
    if (!ports->at(i).contains("protocol")) ports->at(i)["protocol"] = "TCP";
  }
  return out.finish();
}

Result<void> applyPatches(std::vector<doc::Doc>& objects, Value overlay,
                          std::vector<std::string>& warnings) {
  const std::string_view kind = overlay["kind"].text();
  const std::string_view name = overlay["name"].text();
  doc::Doc* object = objectOf(objects, kind, name);
  if (object == nullptr) {
    warnings.push_back(cat("k8s.overlays: there is no ", kind, " ", name, " to patch"));
    return {};
  }
  Draft out(*object);
  for (const Value patch : overlay["patches"].elements()) {
    auto set = setAtPath(out, patch["path"].text(), patch["value"]);
    if (!set) return fail(set.error().with(cat("k8s.overlays of ", kind, " ", name)));
  }
  *object = out.finish();
  return {};
}

}  // namespace

Draft mergeObject(Draft base, Value over) {
  if (!over.isObject()) return Draft(over);
  if (!base.isObject()) base = Draft::object();
  for (const auto& [key, value] : over.members()) {
    if (value.isNull()) {
      base.erase(key);
      continue;
    }
    Draft* before = base.find(key);
    Draft old = before == nullptr ? Draft() : std::move(*before);
    const std::string_view list_key =
        value.isArray() && old.isArray() ? listKey(key, value[size_t{0}]) : std::string_view();
    base[key] = list_key.empty() ? mergeObject(std::move(old), value)
                                 : mergeList(std::move(old), value, list_key);
  }
  return base;
}

Result<void> applyK8sSettings(std::vector<doc::Doc>& objects, Value k8s,
                              const OverlayTarget& target, std::vector<std::string>& warnings) {
  for (const Setting& setting : kSettings) {
    const Value value = k8s[setting.name];
    if (!value.exists() || value.isNull()) continue;
    doc::Doc* object = objectOf(objects, setting.kind, target.object);
    if (object == nullptr) {
      warnings.push_back(cat("k8s.", setting.name, " of ", target.object,
                             " has no effect: there is no ", setting.kind));
      continue;
    }
    *object = mergeObject(Draft(*object), layerOf(setting, value, target).finish()).finish();
    if (setting.kind == "Service") *object = withProtocols(*object);
  }
  for (const Value overlay : k8s["overlays"].elements())
    MESHKA_CHECK(applyPatches(objects, overlay, warnings));
  return {};
}

}  // namespace meshka::mesh
