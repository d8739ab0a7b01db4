// Defaults of built-in types that depend on other fields. One function per type, found by the
// type's name wherever the type occurs (a pod template in a Deployment gets what a Pod gets).
#pragma once

#include <cstdint>

#include "doc/doc.h"
#include "schema/schema.h"

namespace meshka::schema {

// The same Doc when there is nothing to do.
doc::Doc applyComputedDefaults(const Schema& schema, const doc::Doc& object);

}  // namespace meshka::schema
