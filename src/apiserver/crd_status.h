// The status of a CustomResourceDefinition and small facts about one.
#pragma once

#include <string>
#include <string_view>

#include "api/registry.h"
#include "base/time.h"
#include "doc/doc.h"

namespace meshka::apiserver {

inline constexpr std::string_view kCleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";

bool established(doc::Value crd);
bool hasCleanupFinalizer(doc::Value crd);
void removeCleanupFinalizer(doc::Draft& crd);
// Some version under which instances can be reached.
std::string servedVersion(doc::Value crd);
// Defaults of spec.names: singular and listKind.
void completeNames(doc::Draft& crd);
// Accepted names, conditions and stored versions. Names that another kind of the group has are not
// accepted, and the definition is not established.
doc::Doc withCrdStatus(const api::Registry& registry, const doc::Doc& crd, WallTime now);

}  // namespace meshka::apiserver
