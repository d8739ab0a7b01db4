// Named bounds of istiod.
#pragma once

#include <cstddef>

#include "base/time.h"

namespace meshka::mesh {

// Changes are taken together until nothing came for so long, but no longer than the second.
inline constexpr Duration kPushQuiet = millis(5);
inline constexpr Duration kPushAtLatest = millis(100);
// Changed addresses remembered of one round; more: everything is computed anew.
inline constexpr size_t kMaxTouchedAddresses = 256;
inline constexpr Duration kApiTimeout = seconds(10);
inline constexpr Duration kStartTimeout =
    seconds(60);  // for what is read before anything is served
inline constexpr Duration kStopTimeout = seconds(5);
inline constexpr size_t kMaxReviewBytes = 8u << 20;      // of an AdmissionReview
inline constexpr Duration kReviewTimeout = seconds(10);  // to receive it

}  // namespace meshka::mesh
