// ObjectMeta: cheap reads of any object, and the writes that more than one place needs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "doc/doc.h"

namespace meshka::api {

// A borrowed view of an object. Absent members read as "" or 0 or missing.
class Meta {
 public:
  explicit Meta(doc::Value object) : meta_(object["metadata"]) {}

  std::string_view name() const { return meta_["name"].text(); }
  std::string_view generateName() const { return meta_["generateName"].text(); }
  std::string_view ns() const { return meta_["namespace"].text(); }
  std::string_view uid() const { return meta_["uid"].text(); }
  std::string_view resourceVersion() const { return meta_["resourceVersion"].text(); }
  int64_t generation() const { return meta_["generation"].integer(); }
  std::string_view creationTimestamp() const { return meta_["creationTimestamp"].text(); }
  std::string_view deletionTimestamp() const { return meta_["deletionTimestamp"].text(); }
  bool deleting() const { return meta_["deletionTimestamp"].isString(); }
  doc::Value labels() const { return meta_["labels"]; }
  doc::Value annotations() const { return meta_["annotations"]; }
  std::string_view label(std::string_view key) const { return labels()[key].text(); }
  std::string_view annotation(std::string_view key) const { return annotations()[key].text(); }
  doc::Value ownerReferences() const { return meta_["ownerReferences"]; }
  doc::Value finalizers() const { return meta_["finalizers"]; }
  bool hasFinalizer(std::string_view finalizer) const;
  // The owner reference with controller: true, or missing.
  doc::Value controller() const;
  doc::Value value() const { return meta_; }

 private:
  doc::Value meta_;
};

void setLabel(doc::Draft& object, std::string_view key, std::string_view value);
void setAnnotation(doc::Draft& object, std::string_view key, std::string_view value);
// False when it was there, and when it was not there.
bool addFinalizer(doc::Draft& object, std::string_view finalizer);
bool removeFinalizer(doc::Draft& object, std::string_view finalizer);
// {apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true}.
doc::Draft controllerReference(doc::Value owner);

// status.conditions, a list by type.
doc::Value findCondition(doc::Value object, std::string_view type);  // or missing
bool conditionIs(doc::Value object, std::string_view type, std::string_view status = "True");
struct Condition {
  std::string type, status, reason, message;
  std::optional<int64_t> observed_generation;
};
// Adds or replaces; lastTransitionTime changes only when the status does. False when nothing
// changed.
bool setCondition(doc::Draft& object, const Condition& condition, WallTime now);

}  // namespace meshka::api
