// JSON patch (RFC 6902).
#pragma once

#include "base/result.h"
#include "doc/doc.h"

namespace meshka::doc {

// Applies all operations or none. Errors: kInvalid with reason BadRequest when the patch itself is
// malformed and with reason Invalid when an operation does not apply (a failed test too); kTooLarge
// above the limits of limits.h.
Result<Doc> applyJsonPatch(Value document, Value patch);

}  // namespace meshka::doc
