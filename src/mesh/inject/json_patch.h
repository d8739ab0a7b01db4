// The difference of two documents as a JSON patch (RFC 6902), which is how a webhook answers.
#pragma once

#include "doc/doc.h"

namespace meshka::mesh {

// Objects are compared member by member; anything else that differs is replaced whole.
doc::Doc jsonPatchOf(doc::Value before, doc::Value after);

}  // namespace meshka::mesh
