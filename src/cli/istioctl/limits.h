// Named bounds of istioctl's commands.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace meshka::cli::istioctl {

inline constexpr Duration kExecTimeout = seconds(15);    // one command in a pod
inline constexpr Duration kVersionTimeout = seconds(5);  // then the image's tag must do
inline constexpr Duration kAskTimeout = seconds(30);     // one API call
inline constexpr uint64_t kMaxDumpBytes = 64u << 20;     // a file with a configuration dump

}  // namespace meshka::cli::istioctl
