#include "schema/builtin_defaults.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/strings.h"
#include "schema/limits.h"

namespace meshka::schema {
namespace {

using doc::Draft;
using doc::Value;

// Where a hook writes. The draft exists only when somebody writes, since most objects need nothing.
class Slot {
 public:
  Slot(const doc::Doc& object, std::optional<Draft>& root) : object_(&object), root_(&root) {}
  Slot(Slot& parent, std::string_view key) : parent_(&parent), key_(key) {}
  Slot(Slot& parent, size_t index) : parent_(&parent), index_(index), element_(true) {}

  Draft& draft() {
    if (parent_ != nullptr) return element_ ? parent_->draft().at(index_) : parent_->draft()[key_];
    if (!*root_) root_->emplace(*object_);
    return **root_;
  }
  Draft& operator[](std::string_view key) { return draft()[key]; }

 private:
  const doc::Doc* object_ = nullptr;
  std::optional<Draft>* root_ = nullptr;
  Slot* parent_ = nullptr;
  std::string_view key_;
  size_t index_ = 0;
  bool element_ = false;
};

// A hook sees the value as it is before and writes into the same place.
using Hook = void (*)(Value value, Slot& out);

void setIfAbsent(Value value, Slot& out, std::string_view name, Draft to) {
  if (!value[name].exists() || value[name].isNull()) out[name] = std::move(to);
}

// ---- pods

void container(Value value, Slot& out) {
  if (!value["imagePullPolicy"].exists() && value["image"].isString()) {
    std::string_view image = value["image"].text();
    bool digest = image.find('@') != std::string_view::npos;
    size_t slash = image.rfind('/');
    std::string_view last = slash == std::string_view::npos ? image : image.substr(slash + 1);
    size_t colon = last.find(':');
    bool latest =
        !digest && (colon == std::string_view::npos || last.substr(colon + 1) == "latest");
    out["imagePullPolicy"] = latest ? "Always" : "IfNotPresent";
  }
  Value limits = value["resources"]["limits"];
  for (auto [name, quantity] : limits.members()) {
    if (!value["resources"]["requests"][name].exists())
      out["resources"]["requests"][name] = Draft(quantity);
  }
}

void podSpec(Value value, Slot& out) {
  // The older name of the field mirrors the newer one.
  std::string_view account = value["serviceAccountName"].text(value["serviceAccount"].text());
  if (!account.empty()) {
    setIfAbsent(value, out, "serviceAccountName", account);
    if (value["serviceAccount"].text() != account) out["serviceAccount"] = account;
  }
  if (!value["hostNetwork"].boolean()) return;
  for (std::string_view list : {"containers", "initContainers"}) {
    for (size_t i = 0; i < value[list].size(); i++) {
      Value ports = value[list][i]["ports"];
      for (size_t p = 0; p < ports.size(); p++) {
        if (ports[p]["hostPort"].integer() != 0 || !ports[p]["containerPort"].exists()) continue;
        out[list].at(i)["ports"].at(p)["hostPort"] = Draft(ports[p]["containerPort"]);
      }
    }
  }
}

void volume(Value value, Slot& out) {
  if (value.size() == 1 && value["name"].exists()) out["emptyDir"] = Draft::object();
}

// ---- services

void serviceSpec(Value value, Slot& out) {
  std::string_view type = value["type"].text("ClusterIP");
  bool external = type == "NodePort" || type == "LoadBalancer";
  if (value["sessionAffinity"].text() == "ClientIP" &&
      !value["sessionAffinityConfig"]["clientIP"]["timeoutSeconds"].exists()) {
    out["sessionAffinityConfig"]["clientIP"]["timeoutSeconds"] = 10800;
  }
  if (external) setIfAbsent(value, out, "externalTrafficPolicy", "Cluster");
  if (type != "ExternalName") setIfAbsent(value, out, "internalTrafficPolicy", "Cluster");
  if (type == "LoadBalancer") setIfAbsent(value, out, "allocateLoadBalancerNodePorts", true);
}

void servicePort(Value value, Slot& out) {
  Value target = value["targetPort"];
  bool unset = !target.exists() || target.isNull() ||
               (target.isString() && target.text().empty()) ||
               (target.kind() == doc::Kind::kInt && target.integer() == 0);
  if (unset && value["port"].exists()) out["targetPort"] = Draft(value["port"]);
}

// ---- workloads

void deploymentStrategy(Value value, Slot& out) {
  if (value["type"].text() == "RollingUpdate")
    setIfAbsent(value, out, "rollingUpdate", Draft::object());
}

void replicationController(Value value, Slot& out) {
  Value labels = value["spec"]["template"]["metadata"]["labels"];
  if (labels.size() == 0) return;
  if (value["spec"]["selector"].size() == 0) out["spec"]["selector"] = Draft(labels);
  if (value["metadata"]["labels"].size() == 0) out["metadata"]["labels"] = Draft(labels);
}

void replicaSet(Value value, Slot& out) {
  Value labels = value["spec"]["template"]["metadata"]["labels"];
  if (labels.size() != 0 && value["metadata"]["labels"].size() == 0)
    out["metadata"]["labels"] = Draft(labels);
}

void job(Value value, Slot& out) {
  Value spec = value["spec"];
  if (!spec.isObject()) return;
  if (!spec["completions"].exists() && !spec["parallelism"].exists())
    out["spec"]["completions"] = 1;
  if (!spec["parallelism"].exists()) out["spec"]["parallelism"] = 1;
  Value labels = spec["template"]["metadata"]["labels"];
  if (labels.size() != 0 && value["metadata"]["labels"].size() == 0)
    out["metadata"]["labels"] = Draft(labels);
}

void jobSpec(Value value, Slot& out) {
  if (value["backoffLimitPerIndex"].exists() && value["backoffLimit"].integer() == 6)
    out["backoffLimit"] = 2147483647;
}

void horizontalPodAutoscaler(Value value, Slot& out) {
  Value spec = value["spec"];
  if (!spec.isObject() || spec["metrics"].size() != 0) return;
  out["spec"]["metrics"] = Draft::array({Draft::object(
      {{"type", "Resource"},
       {"resource", Draft::object({{"name", "cpu"},
                                   {"target", Draft::object({{"type", "Utilization"},
                                                             {"averageUtilization", 80}})}})}})});
}

// ---- others

void limitRangeItem(Value value, Slot& out) {
  if (value["type"].text() != "Container") return;
  Draft limits(value["default"].exists() ? Draft(value["default"]) : Draft::object());
  for (auto [name, quantity] : value["max"].members()) {
    if (!limits.contains(name)) limits[name] = Draft(quantity);
  }
  Draft requests(value["defaultRequest"].exists() ? Draft(value["defaultRequest"])
                                                  : Draft::object());
  for (const std::string& name : limits.keys()) {
    if (!requests.contains(name)) requests[name] = *limits.find(name);
  }
  for (auto [name, quantity] : value["min"].members()) {
    if (!requests.contains(name)) requests[name] = Draft(quantity);
  }
  if (limits.size() > value["default"].size()) out["default"] = limits;
  if (requests.size() > value["defaultRequest"].size()) out["defaultRequest"] = requests;
}

void namespaceObject(Value value, Slot& out) {
  std::string_view name = value["metadata"]["name"].text();
  constexpr std::string_view kLabel = "kubernetes.io/metadata.name";
  if (!name.empty() && value["metadata"]["labels"][kLabel].text() != name)
    out["metadata"]["labels"][kLabel] = name;
}

// stringData is for writing only: it goes into data and is not kept.
void secret(Value value, Slot& out) {
  Value texts = value["stringData"];
  if (!texts.exists()) return;
  for (auto [name, text] : texts.members()) out["data"][name] = base64Encode(text.text());
  out.draft().erase("stringData");
}

void nodeStatus(Value value, Slot& out) {
  if (value["capacity"].size() != 0 && value["allocatable"].size() == 0)
    out["allocatable"] = Draft(value["capacity"]);
}

void networkPolicySpec(Value value, Slot& out) {
  if (value["policyTypes"].size() != 0) return;
  std::vector<std::string> types = {"Ingress"};
  if (value["egress"].size() != 0) types.emplace_back("Egress");
  out["policyTypes"] = Draft::strings(types);
}

void subject(Value value, Slot& out) {
  std::string_view kind = value["kind"].text();
  if (value["apiGroup"].exists()) return;
  if (kind == "User" || kind == "Group") out["apiGroup"] = "rbac.authorization.k8s.io";
}

void customResourceDefinition(Value value, Slot& out) {
  Value names = value["spec"]["names"];
  std::string_view kind = names["kind"].text();
  if (kind.empty()) return;
  if (names["singular"].text().empty()) out["spec"]["names"]["singular"] = toLower(kind);
  if (names["listKind"].text().empty()) out["spec"]["names"]["listKind"] = cat(kind, "List");
}

void persistentVolumeClaim(Value value, Slot& out) {
  // A claim's data source has an older and a newer name.
  Value spec = value["spec"];
  if (spec["dataSource"].exists() && !spec["dataSourceRef"].exists())
    out["spec"]["dataSourceRef"] = Draft(spec["dataSource"]);
}

struct HookEntry {
  std::string_view type;
  Hook hook;
};

// Sorted by type.
constexpr HookEntry kHooks[] = {
    {"io.k8s.api.apps.v1.DaemonSetUpdateStrategy", deploymentStrategy},
    {"io.k8s.api.apps.v1.DeploymentStrategy", deploymentStrategy},
    {"io.k8s.api.apps.v1.ReplicaSet", replicaSet},
    {"io.k8s.api.apps.v1.StatefulSetUpdateStrategy", deploymentStrategy},
    {"io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler", horizontalPodAutoscaler},
    {"io.k8s.api.batch.v1.Job", job},
    {"io.k8s.api.batch.v1.JobSpec", jobSpec},
    {"io.k8s.api.core.v1.Container", container},
    {"io.k8s.api.core.v1.EphemeralContainer", container},
    {"io.k8s.api.core.v1.LimitRangeItem", limitRangeItem},
    {"io.k8s.api.core.v1.Namespace", namespaceObject},
    {"io.k8s.api.core.v1.NodeStatus", nodeStatus},
    {"io.k8s.api.core.v1.PersistentVolumeClaim", persistentVolumeClaim},
    {"io.k8s.api.core.v1.PodSpec", podSpec},
    {"io.k8s.api.core.v1.ReplicationController", replicationController},
    {"io.k8s.api.core.v1.Secret", secret},
    {"io.k8s.api.core.v1.ServicePort", servicePort},
    {"io.k8s.api.core.v1.ServiceSpec", serviceSpec},
    {"io.k8s.api.core.v1.Volume", volume},
    {"io.k8s.api.networking.v1.NetworkPolicySpec", networkPolicySpec},
    {"io.k8s.api.rbac.v1.Subject", subject},
    {"io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition",
     customResourceDefinition},
};

Hook hookOf(const Schema& schema) {
  if (schema.name.empty()) return nullptr;
  auto it = std::lower_bound(
      std::begin(kHooks), std::end(kHooks), schema.name,
      [](const HookEntry& entry, std::string_view name) { return entry.type < name; });
  return it != std::end(kHooks) && it->type == schema.name ? it->hook : nullptr;
}

// Children first, so that a hook of a parent sees what its children got only through its own rules.
void walk(const Schema& schema, Value value, Slot& out, uint32_t depth) {
  if (depth > kMaxWalkDepth) return;
  if (value.isArray() && schema.items != nullptr) {
    for (size_t i = 0; i < value.size(); i++) {
      Slot inner(out, i);
      walk(*schema.items, value[i], inner, depth + 1);
    }
    return;
  }
  if (!value.isObject()) return;
  for (auto [key, member] : value.members()) {
    const Property* property = schema.property(key);
    const Schema* next = property != nullptr ? property->schema : schema.additional;
    if (next == nullptr || (!member.isObject() && !member.isArray())) continue;
    Slot inner(out, key);
    walk(*next, member, inner, depth + 1);
  }
  if (Hook hook = hookOf(schema)) hook(value, out);
}

}  // namespace

doc::Doc applyComputedDefaults(const Schema& schema, const doc::Doc& object) {
  std::optional<Draft> draft;
  Slot root(object, draft);
  walk(schema, object, root, 0);
  return draft ? draft->finish() : object;
}

}  // namespace meshka::schema
