// Defaults. What a constant can say stands in the schema (schemas/kubernetes/defaults.txt;
// `default` in a CRD); what depends on other fields is a small function per type
// (builtin_defaults.cc).
#pragma once

#include <cstdint>

#include "doc/doc.h"
#include "schema/schema.h"

namespace meshka::schema {

// The object with every absent member set that has a default and whose parent exists (or came to
// exist by a default). For CRDs a null where the schema is not nullable counts as absent. The same
// Doc (no copy) when nothing is missing. `minor` leaves out the fields that the emulated version
// does not have; 0: none.
doc::Doc applyDefaults(const Schema& schema, const doc::Doc& object, uint8_t minor = 0);

// applyDefaults() and the computed defaults of the built-in types that occur in the object (image
// pull policy by tag, targetPort = port, strategy parameters by type, ...). Idempotent. Also right
// for custom resources.
doc::Doc applyAllDefaults(const Schema& schema, const doc::Doc& object, uint8_t minor = 0);

}  // namespace meshka::schema
