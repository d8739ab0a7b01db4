// What strategic merge patches ask of a kind's schema (doc/strategic_patch.h), answered by its
// nodes. The place that a patch begins at is the kind's root: applyStrategicPatch(object, patch,
// SchemaMerge(), &kind.schema()).
#pragma once

#include "doc/strategic_patch.h"
#include "schema/schema.h"

namespace meshka::api {

class SchemaMerge final : public doc::MergeSchema {
 public:
  doc::MergeField field(const void* place, std::string_view name) const override;
};

}  // namespace meshka::api
