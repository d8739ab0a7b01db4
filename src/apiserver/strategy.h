// What the server fills in or keeps when an object is created or updated: metadata, generation,
// status. The rules that hold for one kind only are rows of a table in strategy.cc.
#pragma once

#include <string>
#include <string_view>

#include "api/registry.h"
#include "base/rng.h"
#include "base/time.h"
#include "doc/doc.h"

namespace meshka::apiserver {

// Name (generateName), uid, creationTimestamp, generation; no resourceVersion, deletion marks,
// managedFields or selfLink. Status: empty or the kind's first one. Sets `generated_name`.
doc::Doc fillCreated(const api::Kind& kind, const doc::Doc& object, std::string_view ns,
                     WallTime now, Rng& rng, bool& generated_name);

// `wanted` with what an update of `subresource` ("", status, finalize, approval,
// ephemeralcontainers) may not touch taken from `old`. Both in hub form.
doc::Doc fillUpdated(const api::Kind& kind, std::string_view subresource, const doc::Doc& wanted,
                     const doc::Doc& old);

// After mutating webhooks: the fields that only the server sets, again as in `before`.
doc::Doc keepServerFields(const doc::Doc& object, const doc::Doc& before);

// Guaranteed, Burstable or BestEffort from the containers' requests and limits.
std::string_view qosClass(doc::Value pod);

// True when nothing holds an object that is marked for deletion.
bool readyToVanish(const api::Kind& kind, doc::Value object);

}  // namespace meshka::apiserver
