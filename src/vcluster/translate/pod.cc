#include "vcluster/translate/pod.h"

#include "base/strings.h"
#include "vcluster/translate/pod_env.h"
#include "vcluster/translate/pod_volumes.h"

namespace meshka::vcluster {

using doc::Draft;
using doc::Value;

namespace {

constexpr const char* kContainerLists[] = {"initContainers", "containers", "ephemeralContainers"};

// key="value" lines, sorted: what the downward API writes for metadata.labels.
std::string labelLines(Value labels) {
  std::vector<std::string> lines;
  for (const auto [key, value] : labels.members()) {
    std::string quoted;
    for (const char c : value.text()) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
    lines.push_back(cat(key, "=\"", quoted, "\""));
  }
  return join(lines, "\n");
}

void addPodMetadata(Draft& meta, Value pod, const PodContext& context) {
  const Value virtual_meta = pod["metadata"];
  Draft& annotations = meta["annotations"];
  annotations[kPodName] = virtual_meta["name"];
  annotations[kPodNamespace] = virtual_meta["namespace"];
  annotations[kPodUid] = virtual_meta["uid"];
  annotations[kPodServiceAccount] = pod["spec"]["serviceAccountName"].text("default");
  annotations[kPodLabels] = labelLines(virtual_meta["labels"]);
  for (const auto [key, value] : context.namespace_labels.members()) {
    meta["labels"][hostNamespaceLabelKey(key, context.tenant)] = value;
  }
}

void translateDns(Draft& spec, std::string_view ns, const PodContext& context) {
  const Draft* policy = spec.find("dnsPolicy");
  const std::string text = policy == nullptr ? "ClusterFirst" : policy->text("ClusterFirst");
  const Draft* host_network = spec.find("hostNetwork");
  const bool cluster_first =
      text == "ClusterFirstWithHostNet" ||
      (text == "ClusterFirst" && !(host_network != nullptr && host_network->boolean()));
  if (!cluster_first) return;
  const std::string& domain = context.cluster_domain;
  Draft config = Draft::object();
  config["nameservers"] = Draft::strings({context.dns_ip});
  config["searches"] = Draft::strings({cat(ns, ".svc.", domain), cat("svc.", domain), domain});
  config["options"] = Draft::array({Draft::object({{"name", "ndots"}, {"value", "5"}})});
  // The user's own additions come behind, as the kubelet merges them.
  if (const Draft* own = spec.find("dnsConfig")) {
    for (const char* field : {"nameservers", "searches", "options"}) {
      const Draft* more = own->find(field);
      for (size_t i = 0; more != nullptr && i < more->size(); ++i) config[field].push(more->at(i));
    }
  }
  spec["dnsPolicy"] = "None";
  spec["dnsConfig"] = std::move(config);
}

void translateIdentity(Draft& spec, Value pod, const PodContext& context) {
  // One account for all workloads, without rights and without a token on the host.
  spec["serviceAccountName"] = cat("vc-workload-", context.tenant.name);
  spec.erase("serviceAccount");
  spec["automountServiceAccountToken"] = false;
  spec["enableServiceLinks"] = false;
  // Host-wide names that a tenant must not choose.
  spec.erase("priorityClassName");
  spec.erase("priority");
  spec.erase("runtimeClassName");
  spec.erase("nodeName");
  spec.erase("subdomain");
  if (!pod["spec"]["hostname"].exists() && !pod["spec"]["hostNetwork"].boolean()) {
    std::string hostname(pod["metadata"]["name"].text().substr(0, 63));
    for (char& c : hostname) c = c == '.' ? '-' : c;
    while (!hostname.empty() && hostname.back() == '-') hostname.pop_back();
    spec["hostname"] = hostname;
  }
  spec["hostAliases"].push(Draft::object(
      {{"ip", context.kubernetes_ip},
       {"hostnames",
        Draft::strings({"kubernetes", "kubernetes.default", "kubernetes.default.svc"})}}));
  if (Draft* pulls = spec.find("imagePullSecrets")) {
    for (size_t i = 0; i < pulls->size(); ++i) {
      Draft& name = pulls->at(i)["name"];
      name = hostName(name.text(), pod["metadata"]["namespace"].text(), context.tenant);
    }
  }
}

// The namespaces of an affinity term become part of its selector: on the host all pods are in one
// namespace.
Result<void> translateTerm(Draft& term, std::string_view ns, const Tenant& tenant) {
  if (const Draft* selector = term.find("namespaceSelector");
      selector != nullptr && !selector->isNull()) {
    return fail(Code::kUnsupported, "affinity with namespaceSelector is not supported yet");
  }
  std::string in_namespace(ns);
  if (Draft* namespaces = term.find("namespaces");
      namespaces != nullptr && namespaces->size() > 0) {
    if (namespaces->size() > 1)
      return fail(Code::kUnsupported, "affinity over several namespaces is not supported yet");
    in_namespace = namespaces->at(0).text();
  }
  term.erase("namespaces");
  if (const Draft* selector = term.find("labelSelector")) {
    const doc::Doc read = selector->finish();
    term["labelSelector"] = hostLabelSelector(read, in_namespace, tenant);
  }
  return {};
}

Result<void> translateAffinity(Draft& spec, std::string_view ns, const Tenant& tenant) {
  Draft* affinity = spec.find("affinity");
  for (const char* kind : {"podAffinity", "podAntiAffinity"}) {
    Draft* terms = affinity == nullptr ? nullptr : affinity->find(kind);
    if (terms == nullptr) continue;
    if (Draft* required = terms->find("requiredDuringSchedulingIgnoredDuringExecution")) {
      for (size_t i = 0; i < required->size(); ++i)
        MESHKA_CHECK(translateTerm(required->at(i), ns, tenant));
    }
    if (Draft* preferred = terms->find("preferredDuringSchedulingIgnoredDuringExecution")) {
      for (size_t i = 0; i < preferred->size(); ++i) {
        MESHKA_CHECK(translateTerm(preferred->at(i)["podAffinityTerm"], ns, tenant));
      }
    }
  }
  Draft* spread = spec.find("topologySpreadConstraints");
  for (size_t i = 0; spread != nullptr && i < spread->size(); ++i) {
    if (const Draft* selector = spread->at(i).find("labelSelector")) {
      const doc::Doc read = selector->finish();
      spread->at(i)["labelSelector"] = hostLabelSelector(read, ns, tenant);
    }
  }
  return {};
}

}  // namespace

std::string tokenSecretName(Value pod, const Tenant& tenant) {
  return hostName(cat(pod["metadata"]["name"].text(), "-tokens"),
                  pod["metadata"]["namespace"].text(), tenant);
}

Result<TranslatedPod> translatePod(Value pod, const PodContext& context) {
  TranslatedPod out;
  const std::string_view ns = pod["metadata"]["namespace"].text();
  out.token_secret = tokenSecretName(pod, context.tenant);

  Draft host = Draft::object({{"apiVersion", "v1"}, {"kind", "Pod"}});
  Draft meta = hostMetadata(pod, context.tenant, context.owner);
  addPodMetadata(meta, pod, context);
  host["metadata"] = std::move(meta);

  Draft spec(pod["spec"]);
  translateIdentity(spec, pod, context);
  translateDns(spec, ns, context);
  translateVolumes(spec, ns, context, out);
  collectReferences(pod["spec"], out);
  if (auto affinity = translateAffinity(spec, ns, context.tenant); !affinity) {
    return fail(affinity.error().with(cat("pods \"", pod["metadata"]["name"].text(), "\"")));
  }
  const bool links = pod["spec"]["enableServiceLinks"].boolean(true);
  for (const char* list : kContainerLists) {
    Draft* containers = spec.find(list);
    for (size_t i = 0; containers != nullptr && i < containers->size(); ++i) {
      translateEnv(containers->at(i), context, ns, links);
    }
  }
  host["spec"] = std::move(spec);
  if (out.tokens.empty()) out.token_secret.clear();
  out.pod = host.finish();
  return out;
}

doc::Doc updateHostPod(Value host_pod, Value virtual_pod, const PodContext& context) {
  Draft host(host_pod);
  bool changed = updateHostMetadata(host, virtual_pod, context.tenant);
  Draft& meta = host["metadata"];
  const doc::Doc meta_before = meta.finish();
  addPodMetadata(meta, virtual_pod, context);
  changed |= !(meta.finish() == meta_before);
  for (const char* list : {"initContainers", "containers"}) {
    const Value wanted = virtual_pod["spec"][list];
    const Value have = host_pod["spec"][list];
    for (size_t i = 0; i < wanted.size() && i < have.size(); ++i) {
      if (wanted[i]["image"] == have[i]["image"]) continue;
      host["spec"][list].at(i)["image"] = wanted[i]["image"];
      changed = true;
    }
  }
  const Value deadline = virtual_pod["spec"]["activeDeadlineSeconds"];
  if (deadline.exists() && !(deadline == host_pod["spec"]["activeDeadlineSeconds"])) {
    host["spec"]["activeDeadlineSeconds"] = deadline;
    changed = true;
  }
  return changed ? host.finish() : doc::Doc();
}

}  // namespace meshka::vcluster
