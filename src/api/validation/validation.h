// Rules of the built-in kinds that a schema cannot say: name formats, ranges, cross-field rules,
// immutability. One .cc per family of kinds; plain functions from (new, old) to causes.
#pragma once

#include <vector>

#include "api/registry.h"
#include "base/result.h"
#include "doc/doc.h"

namespace meshka::api {

// Create: `old` is missing. Objects are in hub version, defaulted. Covers metadata (names, labels,
// annotations, ownerReferences, finalizers), required members and enumerations of the schema,
// entry.immutable and the functions of the kind.
std::vector<Cause> validateObject(const Kind& kind, doc::Value object, doc::Value old = {});

// metadata alone: for custom resources and subresources.
std::vector<Cause> validateMetadata(const Kind& kind, doc::Value object, doc::Value old = {});

}  // namespace meshka::api
