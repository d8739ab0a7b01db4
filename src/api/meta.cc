#include "api/meta.h"

namespace meshka::api {

using doc::Draft;
using doc::Value;

bool Meta::hasFinalizer(std::string_view finalizer) const {
  for (Value f : finalizers().elements()) {
    if (f.text() == finalizer) return true;
  }
  return false;
}

Value Meta::controller() const {
  for (Value owner : ownerReferences().elements()) {
    if (owner["controller"].boolean()) return owner;
  }
  return {};
}

void setLabel(Draft& object, std::string_view key, std::string_view value) {
  object["metadata"]["labels"][key] = value;
}
void setAnnotation(Draft& object, std::string_view key, std::string_view value) {
  object["metadata"]["annotations"][key] = value;
}

bool addFinalizer(Draft& object, std::string_view finalizer) {
  Draft& list = object["metadata"]["finalizers"];
  for (size_t i = 0; i < list.size(); ++i) {
    if (list.at(i).text() == finalizer) return false;
  }
  list.push(finalizer);
  return true;
}

bool removeFinalizer(Draft& object, std::string_view finalizer) {
  Draft* metadata = object.find("metadata");
  Draft* list = metadata == nullptr ? nullptr : metadata->find("finalizers");
  if (list == nullptr) return false;
  bool removed = false;
  for (size_t i = list->size(); i-- > 0;) {
    if (list->at(i).text() != finalizer) continue;
    list->eraseAt(i);
    removed = true;
  }
  if (list->size() == 0) metadata->erase("finalizers");
  return removed;
}

Draft controllerReference(Value owner) {
  return Draft::object({{"apiVersion", owner["apiVersion"]},
                        {"kind", owner["kind"]},
                        {"name", owner["metadata"]["name"]},
                        {"uid", owner["metadata"]["uid"]},
                        {"controller", true},
                        {"blockOwnerDeletion", true}});
}

Value findCondition(Value object, std::string_view type) {
  for (Value condition : object["status"]["conditions"].elements()) {
    if (condition["type"].text() == type) return condition;
  }
  return {};
}

bool conditionIs(Value object, std::string_view type, std::string_view status) {
  return findCondition(object, type)["status"].text() == status;
}

bool setCondition(Draft& object, const Condition& condition, WallTime now) {
  Draft wanted = Draft::object({{"type", condition.type},
                                {"status", condition.status},
                                {"reason", condition.reason},
                                {"message", condition.message},
                                {"lastTransitionTime", toRfc3339(now)}});
  if (condition.observed_generation) wanted["observedGeneration"] = *condition.observed_generation;
  Draft& list = object["status"]["conditions"];
  for (size_t i = 0; i < list.size(); ++i) {
    Draft& current = list.at(i);
    const Draft* type = current.find("type");
    if (type == nullptr || type->text() != condition.type) continue;
    const Draft* status = current.find("status");
    const Draft* since = current.find("lastTransitionTime");
    if (status != nullptr && status->text() == condition.status && since != nullptr) {
      wanted["lastTransitionTime"] = *since;
    }
    if (current.equals(wanted.finish())) return false;
    current = std::move(wanted);
    return true;
  }
  list.push(std::move(wanted));
  return true;
}

}  // namespace meshka::api
