// Named bounds of the UI's programs.
#pragma once

#include <cstddef>

#include "base/time.h"

namespace meshka::mgmt::ui {

inline constexpr size_t kMaxOverviewBytes = 16u << 20;   // an answer of the API to the pages
inline constexpr Duration kApiTimeout = seconds(10);     // one question of the pages to the API
inline constexpr Duration kLookInterval = seconds(2);    // the reloader's at its file
inline constexpr Duration kReloadTimeout = seconds(10);  // one POST of the reloader
inline constexpr size_t kMaxConfigBytes = 4u << 20;      // of the file that the reloader looks at

}  // namespace meshka::mgmt::ui
