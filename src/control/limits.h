// Named bounds of the controllers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace meshka::control {

inline constexpr size_t kWorkers = 8;                  // keys of one controller in work at once
inline constexpr Duration kCallTimeout = seconds(30);  // one API call
inline constexpr size_t kPodBurst = 100;  // pods created or deleted for one key in one round
inline constexpr Duration kExpectationAge =
    seconds(30);  // then a pod that was created but never seen is forgotten
inline constexpr size_t kEndpointsPerSlice = 100;     // as the EndpointSlice controller's default
inline constexpr int64_t kRevisionHistory = 10;       // spec.revisionHistoryLimit's default
inline constexpr int64_t kProgressDeadline = 600;     // spec.progressDeadlineSeconds' default
inline constexpr size_t kMaxEventsRemembered = 4096;  // of the recorder, for counting repeats
inline constexpr size_t kDiscoveryRounds = 3;         // attempts at a namespace's content per pass

}  // namespace meshka::control
