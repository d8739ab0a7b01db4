#include "control/context.h"

namespace meshka::control {

using doc::Draft;
using doc::Value;

Context::Context(io::World& w, client::ApiClient& c) : world(w), client(c), events(w, c) {}

client::Collection& Context::collection(const client::Resource& resource) {
  auto& slot = collections_[resource];
  if (slot == nullptr) {
    slot = client::makeCollection(world.loop, world.rng, world.log, client, resource);
    if (resource.name == "pods") {
      slot->addIndex(kByNode, [](Value pod) {
        return std::vector<std::string>{std::string(pod["spec"]["nodeName"].text())};
      });
    }
    if (resource.name == "pods" || resource.name == "replicasets") {
      slot->addIndex(kByController,
                     [](Value object) { return std::vector<std::string>{controllerUid(object)}; });
    }
  }
  return *slot;
}

bool Context::hasSynced() const {
  for (const auto& [resource, collection] : collections_) {
    if (!collection->hasSynced()) return false;
  }
  return true;
}

Value controllerOf(Value object, std::string_view kind) {
  for (const Value reference : object["metadata"]["ownerReferences"].elements()) {
    if (reference["controller"].boolean() && reference["kind"].text() == kind) return reference;
  }
  return {};
}

std::string controllerUid(Value object) {
  for (const Value reference : object["metadata"]["ownerReferences"].elements()) {
    if (reference["controller"].boolean()) return std::string(reference["uid"].text());
  }
  return {};
}

Draft controllerReference(Value owner, std::string_view api_version, std::string_view kind) {
  return Draft::object({{"apiVersion", api_version},
                        {"kind", kind},
                        {"name", owner["metadata"]["name"]},
                        {"uid", owner["metadata"]["uid"]},
                        {"controller", true},
                        {"blockOwnerDeletion", true}});
}

namespace {
Value readyCondition(Value pod) {
  for (const Value condition : pod["status"]["conditions"].elements()) {
    if (condition["type"].text() == "Ready") return condition;
  }
  return {};
}
}  // namespace

bool isPodReady(Value pod) {
  return readyCondition(pod)["status"].text() == "True";
}

bool isPodAvailable(Value pod, int64_t min_ready_seconds, WallTime now) {
  if (!isPodReady(pod)) return false;
  if (min_ready_seconds <= 0) return true;
  const auto since = parseRfc3339(readyCondition(pod)["lastTransitionTime"].text());
  return since && *since + seconds(min_ready_seconds) <= now;
}

bool isPodActive(Value pod) {
  const std::string_view phase = pod["status"]["phase"].text();
  return phase != "Succeeded" && phase != "Failed" &&
         !pod["metadata"]["deletionTimestamp"].exists();
}

}  // namespace meshka::control
