// Pruning: members that a schema does not know are dropped.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "doc/doc.h"
#include "schema/schema.h"

namespace meshka::schema {

// The object without the members that unknownFields() names; the same Doc (no copy) when there are
// none. `minor` also drops the fields that the emulated version does not have; 0 keeps them.
// apiVersion, kind and metadata of the root stay; metadata is pruned by the built-in ObjectMeta.
// Paths of what was dropped are appended to `dropped`.
doc::Doc prune(const Schema& schema, const doc::Doc& object, uint8_t minor = 0,
               std::vector<std::string>* dropped = nullptr);

// Members whose value is null vanish, as decoding into the typed form does: for built-in kinds,
// before storing. In a custom resource a null stays where the schema says nullable, or where there
// is no default to put there.
doc::Doc dropNulls(const Schema& schema, const doc::Doc& object);

}  // namespace meshka::schema
