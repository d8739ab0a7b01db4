// Named bounds of the client library.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace meshka::client {

inline constexpr uint64_t kMaxKubeConfigBytes = 16u << 20;
inline constexpr Duration kKubeConfigLockTimeout = seconds(5);
inline constexpr Duration kKubeConfigLockRetry = millis(20);

}  // namespace meshka::client
