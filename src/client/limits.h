// Named bounds of the client library.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace meshka::client {

inline constexpr uint64_t kMaxKubeConfigBytes = 16u << 20;
inline constexpr Duration kKubeConfigLockTimeout = seconds(5);
inline constexpr Duration kKubeConfigLockRetry = millis(20);

inline constexpr uint64_t kMaxResponseBytes = 256u << 20;  // a list page; more is kTooLarge
inline constexpr size_t kMaxWatchEventBytes = 16u << 20;   // one line of a watch; more is kTooLarge
inline constexpr size_t kWatchChunkBytes = 16 * 1024;
inline constexpr uint64_t kMaxTokenBytes = 64 * 1024;
inline constexpr Duration kTokenFileAge = seconds(60);  // then a token file is read again

}  // namespace meshka::client
