// What an agent follows in its cluster, and what of it the server is told: of each object only what
// somebody reads, so that a heartbeat is no news, and never a Secret's data.
#pragma once

#include <string_view>
#include <vector>

#include "mgmt/objects/live_kinds.h"

namespace meshka::mgmt {

// The built-in kinds. "configmaps" are those named istio; "configmaps/root" Istio's root
// certificates.
std::vector<LiveKind> watchedKinds();
// Custom resources: *.gloo.solo.io, networking.istio.io, security.istio.io.
bool isWatchedGroup(std::string_view group, std::string_view plural);

// The object as the server sees it; missing: it is not told of it.
doc::Doc toldObject(const LiveKind& kind, const doc::Doc& object);

// For a Secret that the server may know of: names, labels and the hash of its data.
doc::Doc toldSecret(const doc::Doc& secret);

}  // namespace meshka::mgmt
