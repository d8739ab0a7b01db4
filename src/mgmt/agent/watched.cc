#include "mgmt/agent/watched.h"

#include "base/digest.h"
#include "base/strings.h"
#include "doc/json.h"
#include "mgmt/objects/applier.h"

namespace meshka::mgmt {

using doc::Doc;
using doc::Draft;
using doc::Value;

namespace {

LiveKind builtIn(std::string group, std::string version, std::string plural, std::string kind,
                 std::string field_selector = {}) {
  LiveKind out;
  out.resource = {std::move(group), std::move(version), std::move(plural)};
  out.name = resourceName(out.resource);
  out.kind = std::move(kind);
  out.options.field_selector = std::move(field_selector);
  return out;
}

void keep(Draft& to, Value from, std::initializer_list<const char*> fields) {
  for (const char* field : fields) {
    if (from[field].exists()) to[field] = Draft(from[field]);
  }
}

Draft toldMetadata(Value metadata) {
  Draft out = Draft::object();
  keep(out, metadata,
       {"name", "namespace", "uid", "generation", "creationTimestamp", "deletionTimestamp",
        "labels", "ownerReferences"});
  Draft annotations = Draft::object();
  for (const auto [key, value] : metadata["annotations"].members()) {
    // kubectl's copy of the whole object, and what controllers count with.
    if (key == "kubectl.kubernetes.io/last-applied-configuration" ||
        key.starts_with("deployment.kubernetes.io/") || key.starts_with("control-plane."))
      continue;
    annotations[key] = Draft(value);
  }
  if (annotations.size() > 0) out["annotations"] = std::move(annotations);
  return out;
}

Draft toldContainers(Value containers) {
  Draft out = Draft::array();
  for (const Value c : containers.elements()) {
    Draft one = Draft::object();
    keep(one, c, {"name", "image", "ports"});
    out.push(std::move(one));
  }
  return out;
}

Draft toldPodSpec(Value spec) {
  Draft out = Draft::object();
  keep(out, spec, {"serviceAccountName", "nodeName", "hostNetwork"});
  out["containers"] = toldContainers(spec["containers"]);
  return out;
}

Draft toldPodStatus(Value status) {
  Draft out = Draft::object();
  keep(out, status, {"phase", "podIP"});
  for (const Value c : status["conditions"].elements()) {
    if (c["type"].text() != "Ready") continue;
    out["conditions"] =
        Draft::array({Draft::object({{"type", "Ready"}, {"status", c["status"].text()}})});
  }
  return out;
}

Draft toldWorkload(Value spec) {
  Draft out = Draft::object();
  keep(out, spec, {"replicas", "selector", "serviceName"});
  Draft metadata = Draft::object();
  keep(metadata, spec["template"]["metadata"], {"labels", "annotations"});
  out["template"]["metadata"] = std::move(metadata);
  out["template"]["spec"] = toldPodSpec(spec["template"]["spec"]);
  return out;
}

// Of a custom resource the user's part; the statuses of internal kinds are part of the protocol.
void tellCustom(Draft& out, const LiveKind& kind, Value object) {
  keep(out, object, {"spec"});
  if (kind.resource.group == "internal.gloo.solo.io") keep(out, object, {"status"});
}

bool toldCustom(const LiveKind& kind, Value object) {
  const std::string_view reconciler = object["metadata"]["labels"][kReconcilerLabel].text();
  if (reconciler == "mesh-copy") return false;
  // What the server made it knows already.
  return kind.resource.group.ends_with(".gloo.solo.io") || reconciler.empty();
}

}  // namespace

std::vector<LiveKind> watchedKinds() {
  std::vector<LiveKind> out{
      builtIn("", "v1", "services", "Service"),
      builtIn("", "v1", "serviceaccounts", "ServiceAccount"),
      builtIn("", "v1", "namespaces", "Namespace"),
      builtIn("", "v1", "nodes", "Node"),
      builtIn("", "v1", "pods", "Pod"),
      builtIn("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice"),
      builtIn("apps", "v1", "deployments", "Deployment"),
      builtIn("apps", "v1", "statefulsets", "StatefulSet"),
      builtIn("apps", "v1", "daemonsets", "DaemonSet"),
      builtIn("", "v1", "configmaps", "ConfigMap", "metadata.name=istio"),
  };
  out.push_back(builtIn("", "v1", "configmaps", "ConfigMap", "metadata.name=istio-ca-root-cert"));
  out.back().name = "configmaps/root";
  return out;
}

bool isWatchedGroup(std::string_view group, std::string_view) {
  return group.ends_with(".gloo.solo.io") || group == "networking.istio.io" ||
         group == "security.istio.io";
}

Doc toldObject(const LiveKind& kind, const Doc& object) {
  if (kind.custom && !toldCustom(kind, object)) return {};
  Draft out = Draft::object({{"apiVersion", object["apiVersion"]}, {"kind", object["kind"]}});
  out["metadata"] = toldMetadata(object["metadata"]);
  const std::string& name = kind.name;
  if (kind.custom) {
    tellCustom(out, kind, object);
  } else if (name == "pods") {
    out["spec"] = toldPodSpec(object["spec"]);
    out["status"] = toldPodStatus(object["status"]);
  } else if (name == "nodes") {
    out["status"] = Draft::object();
    keep(out["status"], object["status"], {"addresses"});
  } else if (name == "services") {
    keep(out, object, {"spec", "status"});
  } else if (name == "endpointslices.discovery.k8s.io") {
    keep(out, object, {"addressType", "endpoints", "ports"});
  } else if (kind.resource.group == "apps") {
    out["spec"] = toldWorkload(object["spec"]);
  } else if (kind.resource.name == "configmaps") {
    keep(out, object, {"data"});
  }
  return out.finish();
}

Doc toldSecret(const Doc& secret) {
  Draft out = Draft::object({{"apiVersion", "v1"}, {"kind", "Secret"}});
  out["metadata"] = toldMetadata(secret["metadata"]);
  if (out["metadata"].contains("annotations")) out["metadata"].erase("annotations");
  out["dataHash"] = sha256Hex(doc::toJson(secret["data"]));
  return out.finish();
}

}  // namespace meshka::mgmt
