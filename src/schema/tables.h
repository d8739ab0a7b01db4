// The generated tables (tools/gen_schema.py reads schemas/, the build writes
// generated/schema_*.cc).
#pragma once

#include <span>
#include <string_view>

#include "schema/kind.h"

namespace meshka::schema {

// Every built-in kind of every version, sorted by group, version, plural.
std::span<const KindEntry> builtinKinds();
// Every named built-in type, sorted by name ("io.k8s.api.core.v1.Pod").
std::span<const Schema* const> builtinTypes();
// nullptr when there is none.
const Schema* builtinType(std::string_view name);

}  // namespace meshka::schema
