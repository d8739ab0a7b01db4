#include "apiserver/strategy.h"

#include "base/strings.h"
#include "doc/json.h"

namespace meshka::apiserver {

namespace {

constexpr size_t kMaxGeneratedPrefix = 58;  // of names up to 63

struct FirstStatus {
  std::string_view group, plural;
  std::string_view json;
};
// Built-in kinds whose first status is not empty.
constexpr FirstStatus kFirstStatus[] = {
    {"", "namespaces", R"({"phase":"Active"})"},
    {"", "persistentvolumeclaims", R"({"phase":"Pending"})"},
    {"", "persistentvolumes", R"({"phase":"Pending"})"},
    {"", "services", R"({"loadBalancer":{}})"},
    {"apps", "replicasets", R"({"replicas":0})"},
    {"apps", "statefulsets", R"({"replicas":0})"},
    {"", "replicationcontrollers", R"({"replicas":0})"},
    {"networking.k8s.io", "ingresses", R"({"loadBalancer":{}})"},
};

bool is(const api::Kind& kind, std::string_view group, std::string_view plural) {
  return kind->storage_group == group && kind->storage_plural == plural;
}

void setFirstStatus(const api::Kind& kind, doc::Draft& object) {
  object.erase("status");
  if (kind.custom() != nullptr) return;
  if (is(kind, "", "pods")) {
    const doc::Doc pod = object.finish();
    object["status"]["phase"] = "Pending";
    object["status"]["qosClass"] = qosClass(pod);
    return;
  }
  // A node brings its own first status when the agent registers it.
  for (const FirstStatus& row : kFirstStatus) {
    if (!is(kind, row.group, row.plural)) continue;
    if (auto status = doc::parseJson(row.json)) object["status"] = *status;
    return;
  }
  object["status"] = doc::Draft::object();
}

void copyOrErase(doc::Draft& to, std::string_view key, doc::Value from) {
  if (from.exists())
    to[key] = from;
  else
    to.erase(key);
}

constexpr std::string_view kServerMetadata[] = {"creationTimestamp",
                                                "deletionGracePeriodSeconds",
                                                "deletionTimestamp",
                                                "generation",
                                                "name",
                                                "namespace",
                                                "resourceVersion",
                                                "uid"};

// Objects equal outside metadata (and status, when that has a subresource of its own).
bool sameDesire(const api::Kind& kind, doc::Value a, doc::Value b) {
  auto counts = [&](std::string_view key) {
    return key != "metadata" && key != "apiVersion" && key != "kind" &&
           !(kind->has_status && key == "status");
  };
  for (auto [key, value] : a.members()) {
    if (counts(key) && !(b[key] == value && b[key].exists())) return false;
  }
  for (auto [key, value] : b.members()) {
    if (counts(key) && !a[key].exists()) return false;
  }
  return true;
}

bool keepsStatusOnCreate(const api::Kind& kind) {
  // Registered by agents and approvers together with their first status.
  return is(kind, "", "nodes") || is(kind, "apiextensions.k8s.io", "customresourcedefinitions");
}

}  // namespace

std::string_view qosClass(doc::Value pod) {
  bool any = false;
  bool guaranteed = true;
  for (std::string_view list :
       {std::string_view("containers"), std::string_view("initContainers")}) {
    for (doc::Value c : pod["spec"][list].elements()) {
      const doc::Value requests = c["resources"]["requests"];
      const doc::Value limits = c["resources"]["limits"];
      for (std::string_view resource : {std::string_view("cpu"), std::string_view("memory")}) {
        const doc::Value limit = limits[resource];
        const doc::Value request = requests[resource];
        if (limit.exists() || request.exists()) any = true;
        if (!limit.exists() || (request.exists() && !(request == limit))) guaranteed = false;
      }
    }
  }
  if (!any) return "BestEffort";
  return guaranteed ? "Guaranteed" : "Burstable";
}

doc::Doc fillCreated(const api::Kind& kind, const doc::Doc& object, std::string_view ns,
                     WallTime now, Rng& rng, bool& generated_name) {
  doc::Draft draft(object);
  doc::Draft& meta = draft["metadata"];
  const std::string prefix = object["metadata"]["generateName"].text().empty()
                                 ? std::string()
                                 : std::string(object["metadata"]["generateName"].text());
  generated_name = object["metadata"]["name"].text().empty() && !prefix.empty();
  if (generated_name) meta["name"] = cat(prefix.substr(0, kMaxGeneratedPrefix), randomSuffix(rng));
  if (kind.namespaced())
    meta["namespace"] = ns;
  else
    meta.erase("namespace");
  for (std::string_view key : {"deletionGracePeriodSeconds", "deletionTimestamp", "generation",
                               "managedFields", "resourceVersion", "selfLink"}) {
    meta.erase(key);
  }
  meta["uid"] = newUuid(rng);
  meta["creationTimestamp"] = toRfc3339(now);
  if (kind->counts_generation || kind.custom() != nullptr) meta["generation"] = 1;
  if (kind->has_status && !keepsStatusOnCreate(kind)) setFirstStatus(kind, draft);
  if (is(kind, "", "namespaces")) {
    draft["spec"]["finalizers"] = doc::Draft::strings({"kubernetes"});
    meta["labels"]["kubernetes.io/metadata.name"] = meta["name"].text();
  }
  return draft.finish();
}

doc::Doc fillUpdated(const api::Kind& kind, std::string_view subresource, const doc::Doc& wanted,
                     const doc::Doc& old) {
  doc::Draft draft(wanted);
  const doc::Value old_meta = old["metadata"];
  if (subresource == "status") {
    draft = doc::Draft(old);
    copyOrErase(draft, "status", wanted["status"]);
    if (kind.custom() == nullptr) {
      // Built-in kinds let their agents write labels, annotations and finalizers along with the
      // status.
      for (std::string_view key : {"annotations", "finalizers", "labels"}) {
        copyOrErase(draft["metadata"], key, wanted["metadata"][key]);
      }
    }
  } else if (subresource == "finalize") {
    draft = doc::Draft(old);
    copyOrErase(draft["spec"], "finalizers", wanted["spec"]["finalizers"]);
  } else if (subresource == "approval") {
    draft = doc::Draft(old);
    copyOrErase(draft["status"], "conditions", wanted["status"]["conditions"]);
  } else if (subresource == "binding") {
    draft = doc::Draft(old);
    draft["spec"]["nodeName"] = wanted["spec"]["nodeName"].text();
    copyOrErase(draft["status"], "conditions", wanted["status"]["conditions"]);
    copyOrErase(draft["metadata"], "annotations", wanted["metadata"]["annotations"]);
  } else if (subresource == "ephemeralcontainers") {
    draft = doc::Draft(old);
    copyOrErase(draft["spec"], "ephemeralContainers", wanted["spec"]["ephemeralContainers"]);
  } else {
    if (kind->has_status) copyOrErase(draft, "status", old["status"]);
    if (is(kind, "", "namespaces")) {
      copyOrErase(draft["spec"], "finalizers", old["spec"]["finalizers"]);
      draft["metadata"]["labels"]["kubernetes.io/metadata.name"] = old_meta["name"].text();
    }
    if (is(kind, "", "pods"))
      copyOrErase(draft["spec"], "ephemeralContainers", old["spec"]["ephemeralContainers"]);
  }
  doc::Draft& meta = draft["metadata"];
  for (std::string_view key : kServerMetadata) copyOrErase(meta, key, old_meta[key]);
  meta.erase("managedFields");
  meta.erase("selfLink");
  // Nobody adds a finalizer to what is on its way out.
  if (old_meta["deletionTimestamp"].exists() && subresource.empty() &&
      meta.contains("finalizers")) {
    doc::Draft kept = doc::Draft::array();
    const doc::Doc now = meta["finalizers"].finish();
    for (doc::Value f : now.value().elements()) {
      for (doc::Value before : old_meta["finalizers"].elements()) {
        if (before == f) kept.push(f);
      }
    }
    if (kept.size() == 0)
      meta.erase("finalizers");
    else
      meta["finalizers"] = std::move(kept);
  }
  doc::Doc out = draft.finish();
  if (old_meta["generation"].exists() && !sameDesire(kind, out, old)) {
    doc::Draft bumped(out);
    bumped["metadata"]["generation"] = old_meta["generation"].integer() + 1;
    out = bumped.finish();
  }
  return out;
}

doc::Doc keepServerFields(const doc::Doc& object, const doc::Doc& before) {
  doc::Draft draft(object);
  draft["apiVersion"] = before["apiVersion"];
  draft["kind"] = before["kind"];
  for (std::string_view key : kServerMetadata)
    copyOrErase(draft["metadata"], key, before["metadata"][key]);
  draft["metadata"].erase("managedFields");
  return draft.finish();
}

bool readyToVanish(const api::Kind& kind, doc::Value object) {
  const doc::Value meta = object["metadata"];
  if (!meta["deletionTimestamp"].exists() || !meta["finalizers"].empty()) return false;
  if (is(kind, "", "namespaces") && !object["spec"]["finalizers"].empty()) return false;
  return meta["deletionGracePeriodSeconds"].integer() == 0;
}

}  // namespace meshka::apiserver
