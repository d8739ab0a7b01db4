// Whether a document has the shape of a pod where injection edits it: the webhook's port is open to
// everybody in the cluster, not only to the API server.
#pragma once

#include "base/result.h"
#include "doc/doc.h"

namespace meshka::mesh {

// Errors: kInvalid naming the member.
Result<void> checkPodShape(doc::Value pod);

}  // namespace meshka::mesh
