#include "mgmt/translate/service_reader.h"

#include "base/strings.h"

namespace meshka::mgmt {

using doc::Value;

namespace {

std::string text(Value value) {
  return std::string(value.text());
}

// Labels that say which replica or revision a pod is, and those that injection adds: they would
// make every pod a shape of its own.
bool isVolatile(std::string_view key) {
  return key == "pod-template-hash" || key == "controller-revision-hash" ||
         key == "pod-template-generation" || key == "statefulset.kubernetes.io/pod-name" ||
         key == "apps.kubernetes.io/pod-index" || key == "istio.io/rev" ||
         key.starts_with("service.istio.io/") || key.starts_with("security.istio.io/");
}

struct Pod {
  Labels labels;
  PodShape shape;
  Value spec;
};

using PodsByNamespace = std::map<std::string, std::vector<Pod>>;

bool hasSidecar(Value pod_spec) {
  for (const char* list : {"containers", "initContainers"}) {
    for (const Value container : pod_spec[list].elements()) {
      if (container["name"].text() == "istio-proxy") return true;
    }
  }
  return false;
}

PodsByNamespace readPods(const ClusterSnapshot& snapshot) {
  PodsByNamespace pods;
  for (const doc::Doc& object : objectsOf(snapshot.objects, "pods")) {
    const std::string_view phase = object["status"]["phase"].text();
    if (phase == "Succeeded" || phase == "Failed") continue;
    if (object["metadata"]["deletionTimestamp"].exists()) continue;
    Pod pod;
    pod.labels = readLabels(object["metadata"]["labels"]);
    pod.spec = object["spec"];
    pod.shape.account = pod.spec["serviceAccountName"].text("default");
    for (const auto& [key, value] : pod.labels) {
      if (!isVolatile(key)) pod.shape.labels[key] = value;
    }
    pods[text(object["metadata"]["namespace"])].push_back(std::move(pod));
  }
  return pods;
}

// Istio's rule: appProtocol, else the name up to the first dash.
std::string protocolOf(Value port) {
  std::string word = toLower(port["appProtocol"].text());
  if (word.empty()) {
    const std::string_view name = port["name"].text();
    word = toLower(name.substr(0, name.find('-')));
  }
  if (word == "http" || word == "http2" || word == "grpc" || word == "https" || word == "tls" ||
      word == "mongo") {
    for (char& c : word) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return word;
  }
  if (word == "kubernetes.io/h2c") return "HTTP2";
  return "TCP";
}

int64_t namedPort(Value pod_spec, std::string_view name) {
  for (const Value container : pod_spec["containers"].elements()) {
    for (const Value port : container["ports"].elements()) {
      if (port["name"].text() == name) return port["containerPort"].integer();
    }
  }
  return 0;
}

int64_t targetOf(Value port, const std::vector<Value>& pod_specs) {
  const Value target = port["targetPort"];
  if (target.isNumber() && target.integer() > 0) return target.integer();
  if (target.isString()) {
    if (const auto number = parseInt(target.text())) return *number;
    for (const Value spec : pod_specs) {
      if (const int64_t found = namedPort(spec, target.text())) return found;
    }
  }
  return port["port"].integer();
}

void addPorts(Service& service, const std::vector<Value>& pod_specs) {
  for (const Value port : service.object["spec"]["ports"].elements()) {
    if (port["protocol"].text("TCP") != "TCP") continue;  // Istio carries no UDP
    service.ports.push_back(
        {text(port["name"]), port["port"].integer(), targetOf(port, pod_specs), protocolOf(port)});
  }
}

}  // namespace

const std::vector<doc::Doc>& objectsOf(const ObjectsByResource& objects, const char* resource) {
  static const std::vector<doc::Doc> kNone;
  const auto found = objects.find(resource);
  return found == objects.end() ? kNone : found->second;
}

void readServices(Cluster& cluster, const ClusterSnapshot& snapshot) {
  const PodsByNamespace pods = readPods(snapshot);
  for (const doc::Doc& object : objectsOf(snapshot.objects, "services")) {
    Service service;
    service.selector = readLabels(object["spec"]["selector"]);
    if (service.selector.empty() || object["spec"]["type"].text() == "ExternalName") continue;
    service.cluster = cluster.name;
    service.ns = text(object["metadata"]["namespace"]);
    service.name = text(object["metadata"]["name"]);
    service.object = object;
    service.labels = readLabels(object["metadata"]["labels"]);
    std::vector<Value> pod_specs;
    if (const auto here = pods.find(service.ns); here != pods.end()) {
      for (const Pod& pod : here->second) {
        if (!containsAll(pod.labels, service.selector)) continue;
        ++service.pods[pod.shape];
        service.accounts.insert(pod.shape.account);
        if (!hasSidecar(pod.spec)) ++service.pods_without_sidecar;
        pod_specs.push_back(pod.spec);
      }
    }
    for (const AppWorkload& workload : cluster.workloads) {
      if (workload.ns == service.ns && containsAll(workload.labels, service.selector)) {
        service.accounts.insert(workload.account);
        pod_specs.push_back(workload.pod_spec);
      }
    }
    addPorts(service, pod_specs);
    if (service.ports.empty()) continue;
    cluster.services.emplace(NamespacedName{service.ns, service.name}, std::move(service));
  }
}

}  // namespace meshka::mgmt
