// Named bounds of installing and removing.
#pragma once

#include "base/time.h"

namespace meshka::mesh {

inline constexpr Duration kInstallCallTimeout = seconds(30);  // one API call
inline constexpr Duration kCrdTimeout = seconds(60);          // until all are Established
inline constexpr int kConflictRetries = 3;
// A pod that cannot be scheduled or whose image cannot be had is given so long to find its way.
inline constexpr Duration kStuckPodPatience = seconds(10);
inline constexpr int64_t kCrashesUntilHopeless = 2;
inline constexpr int kFailureLogLines = 5;  // of a container that ended, in the message

}  // namespace meshka::mesh
