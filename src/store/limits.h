// Bounds of the store, and what happens at each.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace meshka::store {

inline constexpr uint64_t kMiB = 1ull << 20;

// Commits that wait for the disk; one more answers kTooMany.
inline constexpr size_t kMaxPendingBytes = 64 * kMiB;
// A snapshot is written in frames of about this size, so that no turn of the loop is long.
inline constexpr size_t kSnapshotFrameBytes = kMiB / 2;
// Stored values nest at most as deep as a request may (doc::ParseOptions), plus room for what
// admission adds.
inline constexpr uint32_t kMaxValueDepth = 120;

// What one store may be given by its owner.
struct Limits {
  // The watch window: the oldest change leaves it when any of the three is exceeded; a watch or a
  // list that starts before what is left gets kExpired.
  size_t window_events = 8192;
  size_t window_bytes = 8 * kMiB;
  Duration window_age = minutes(5);
  // A new log segment begins when the current one is larger.
  uint64_t segment_bytes = 16 * kMiB;
  // A snapshot is due when the log grew by this much and by the size of the last snapshot.
  uint64_t snapshot_log_bytes = 8 * kMiB;
};

}  // namespace meshka::store
