// Kubernetes' strategic merge patch: a merge patch that knows which lists are maps in disguise.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "doc/doc.h"

namespace meshka::doc {

// What the patch must know about one field.
struct MergeField {
  bool found = false;
  // The place of the field's value in the schema; for a list that of its elements. nullptr: nothing
  // is known there, so maps merge and lists are replaced.
  const void* child = nullptr;
  bool merge = false;          // a list: merged with the patch's, instead of replaced
  bool replace = false;        // a map: replaced, instead of merged
  std::string_view merge_key;  // of a list of objects
};

// The schema that is asked; places are opaque pointers of the implementation.
class MergeSchema {
 public:
  virtual ~MergeSchema() = default;
  virtual MergeField field(const void* place, std::string_view name) const = 0;
};

// The directives $patch: replace|delete, $retainKeys, $deleteFromPrimitiveList/X and
// $setElementOrder/X are followed, and none of them stays in the result. Errors: kInvalid, reason
// BadRequest, worded as the API server does.
Result<Doc> applyStrategicPatch(Value original, Value patch, const MergeSchema& schema,
                                const void* root);

}  // namespace meshka::doc
