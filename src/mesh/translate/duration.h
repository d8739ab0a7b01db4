// Durations of Istio's objects ("1m30s", "250ms") as protobuf JSON writes them ("90s", "0.250s").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "doc/doc.h"

namespace meshka::mesh {

// nullopt when absent or no duration.
std::optional<std::string> durationText(doc::Value value);
std::optional<int64_t> durationSeconds(doc::Value value);
std::optional<int64_t> durationNanos(std::string_view text);

}  // namespace meshka::mesh
