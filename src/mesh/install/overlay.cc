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
  doc::Kind type;
  std::string_view name;
  std::string_view kind;
  std::string_view place;  // "/spec/template/spec"
  std::string_view field;  // "": the place itself
};

constexpr Setting kSettings[] = {
    {doc::Kind::kObject, "affinity", "Deployment", "pod", "affinity"},
    {doc::Kind::kObject, "nodeSelector", "Deployment", "pod", "nodeSelector"},
    {doc::Kind::kString, "priorityClassName", "Deployment", "pod", "priorityClassName"},
    {doc::Kind::kObject, "securityContext", "Deployment", "pod", "securityContext"},
    {doc::Kind::kArray, "tolerations", "Deployment", "pod", "tolerations"},
    {doc::Kind::kObject, "podAnnotations", "Deployment", "template", "annotations"},
    {doc::Kind::kInt, "replicaCount", "Deployment", "spec", "replicas"},
    {doc::Kind::kObject, "strategy", "Deployment", "spec", "strategy"},
    {doc::Kind::kArray, "env", "Deployment", "container", "env"},
    {doc::Kind::kString, "imagePullPolicy", "Deployment", "container", "imagePullPolicy"},
    {doc::Kind::kObject, "readinessProbe", "Deployment", "container", "readinessProbe"},
    {doc::Kind::kObject, "resources", "Deployment", "container", "resources"},
    {doc::Kind::kObject, "hpaSpec", "HorizontalPodAutoscaler", "root", "spec"},
    {doc::Kind::kObject, "podDisruptionBudget", "PodDisruptionBudget", "root", "spec"},
    {doc::Kind::kObject, "service", "Service", "root", "spec"},
    {doc::Kind::kObject, "serviceAnnotations", "Service", "metadata", "annotations"},
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
  if (!service["spec"]["ports"].isArray()) return service;
  Draft out(service);
  Draft* ports = find(out, {"spec", "ports"});
  for (size_t i = 0; i < ports->size(); ++i) {
    if (!ports->at(i).isObject()) continue;
    if (!ports->at(i).contains("protocol")) ports->at(i)["protocol"] = "TCP";
  }
  return out.finish();
}

// What the installation itself writes into must stay what it is.
bool sameShape(Value before, Value after) {
  for (const char* text : {"/apiVersion", "/kind", "/metadata/name", "/metadata/namespace"}) {
    if (!(before.atPointer(text) == after.atPointer(text))) return false;
  }
  if (!after["metadata"]["labels"].isObject()) return false;
  for (const char* field : {"spec", "webhooks"})
    if (before[field].kind() != after[field].kind()) return false;
  const Value annotations = after["metadata"]["annotations"];
  return !annotations.exists() || annotations.isObject();
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
  doc::Doc patched = out.finish();
  if (!sameShape(*object, patched))
    return fail(Code::kInvalid,
                cat("k8s.overlays of ", kind, " ", name, ": a patch makes it no ", kind));
  *object = std::move(patched);
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
    if (value.kind() != setting.type)
      return fail(Code::kInvalid,
                  cat("k8s.", setting.name, " of ", target.object, " must be of type ",
                      toString(setting.type), ", not ", toString(value.kind())));
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
