#include "vcluster/translate/metadata.h"

#include <set>

#include "base/strings.h"

namespace meshka::vcluster {

using doc::Draft;
using doc::Value;

namespace {

constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";

// Annotations that we put on the host object: the virtual object's own (but for kubectl's
// bookkeeping, which would double the size of every object and mean nothing there) and the way
// back.
Draft hostAnnotations(Value object) {
  Draft out = Draft::object();
  std::vector<std::string> managed;
  for (const auto [key, value] : object["metadata"]["annotations"].members()) {
    // A tenant must not be able to speak in the syncer's name, or mark its objects as another's.
    if (key == kLastApplied || key.starts_with("vcluster.loft.sh/")) continue;
    out[key] = value;
    managed.emplace_back(key);
  }
  out[kObjectName] = object["metadata"]["name"];
  out[kObjectNamespace] = object["metadata"]["namespace"];
  out[kManagedAnnotations] = join(managed, "\n");
  return out;
}

}  // namespace

Draft hostLabels(Value virtual_labels, std::string_view ns, const Tenant& tenant) {
  Draft out = Draft::object();
  for (const auto [key, value] : virtual_labels.members()) out[hostLabelKey(key, tenant)] = value;
  out[kManagedBy] = tenant.name;
  out[kNamespaceLabel] = ns;
  return out;
}

Draft hostMetadata(Value object, const Tenant& tenant, const Owner& owner) {
  const Value meta = object["metadata"];
  const std::string_view ns = meta["namespace"].text();
  Draft out = Draft::object();
  out["name"] = hostName(meta["name"].text(), ns, tenant);
  out["namespace"] = tenant.host_namespace;
  out["labels"] = hostLabels(meta["labels"], ns, tenant);
  out["annotations"] = hostAnnotations(object);
  out["ownerReferences"] = Draft::array({Draft::object({{"apiVersion", "v1"},
                                                        {"kind", "Service"},
                                                        {"name", owner.service_name},
                                                        {"uid", owner.service_uid}})});
  return out;
}

Draft hostMapSelector(Value selector, std::string_view ns, const Tenant& tenant) {
  if (selector.size() == 0) return nullptr;
  return hostLabels(selector, ns, tenant);
}

Draft hostLabelSelector(Value selector, std::string_view ns, const Tenant& tenant) {
  if (!selector.isObject()) return nullptr;
  Draft out = Draft::object();
  Draft labels = Draft::object();
  for (const auto [key, value] : selector["matchLabels"].members())
    labels[hostLabelKey(key, tenant)] = value;
  labels[kManagedBy] = tenant.name;
  if (!ns.empty()) labels[kNamespaceLabel] = ns;
  out["matchLabels"] = std::move(labels);
  if (selector["matchExpressions"].size() > 0) {
    Draft expressions = Draft::array();
    for (const Value expression : selector["matchExpressions"].elements()) {
      Draft translated(expression);
      translated["key"] = hostLabelKey(expression["key"].text(), tenant);
      expressions.push(std::move(translated));
    }
    out["matchExpressions"] = std::move(expressions);
  }
  return out;
}

bool updateHostMetadata(Draft& host, Value virtual_object, const Tenant& tenant) {
  const doc::Doc before = host.finish();
  Draft& meta = host["metadata"];

  const Draft labels = hostLabels(virtual_object["metadata"]["labels"],
                                  virtual_object["metadata"]["namespace"].text(), tenant);
  const std::string ours = cat("vcluster.loft.sh/label-", tenant.name, "-x-");
  Draft& host_labels = meta["labels"];
  for (const std::string& key : host_labels.keys()) {
    if (key.starts_with(ours) && !labels.contains(key)) host_labels.erase(key);
  }
  for (const std::string& key : labels.keys()) host_labels[key] = *labels.find(key);

  Draft& annotations = meta["annotations"];
  const std::string managed =
      before["metadata"]["annotations"][kManagedAnnotations].exists()
          ? std::string(before["metadata"]["annotations"][kManagedAnnotations].text())
          : std::string();
  const Draft wanted = hostAnnotations(virtual_object);
  for (const std::string_view key : split(managed, '\n')) {
    if (!key.empty() && !wanted.contains(key)) annotations.erase(key);
  }
  for (const std::string& key : wanted.keys()) annotations[key] = *wanted.find(key);
  return !(host.finish() == before);
}

bool virtualIdentity(Value host, const Tenant& tenant, std::string& ns, std::string& name) {
  const Value meta = host["metadata"];
  if (meta["namespace"].text() != tenant.host_namespace ||
      meta["labels"][kManagedBy].text() != tenant.name)
    return false;
  const Value annotations = meta["annotations"];
  if (!annotations[kObjectName].exists() || !annotations[kObjectNamespace].exists()) return false;
  ns = annotations[kObjectNamespace].text();
  name = annotations[kObjectName].text();
  return true;
}

}  // namespace meshka::vcluster
