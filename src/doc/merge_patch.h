// JSON merge patch (RFC 7386).
#pragma once

#include "doc/doc.h"

namespace meshka::doc {

// null members of the patch delete; objects merge; everything else replaces.
Doc applyMergePatch(Value target, Value patch);

}  // namespace meshka::doc
