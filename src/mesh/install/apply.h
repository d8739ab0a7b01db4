// One object brought to the state that is wanted: created, or merged into what is there with what
// was applied before, as `kubectl apply` does it without server-side apply.
#pragma once

#include "client/api_client.h"
#include "io/loop.h"

namespace meshka::mesh {

enum class Applied : uint8_t { kUnchanged, kCreated, kChanged };

// The live object with `desired` merged in; what `last` had and `desired` has not goes. Lists of
// named things merge by name. What istiod writes into webhooks stays.
doc::Doc mergeThreeWay(doc::Value live, doc::Value last, doc::Value desired);

// Writes nothing when nothing differs. Conflicts are retried. Errors: the server's, with the
// object's kind and name. With `dry_run` nothing is written and the answer says what would be.
io::Task<Result<Applied>> applyObject(io::World& world, client::ApiClient& api, doc::Doc desired,
                                      bool dry_run);

}  // namespace meshka::mesh
