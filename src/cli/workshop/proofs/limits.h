// Bounds of the proofs, and the numbers that they must reach.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace meshka::cli::workshop {

// One call of kubectl; one that waits for pods.
constexpr Duration kCallTimeout = seconds(30);
constexpr Duration kPodTimeout = seconds(90);
// A change reaches the proxies within this, or the proof fails; asked again so often meanwhile:
// nothing announces that a proxy has taken its configuration.
constexpr Duration kSettleTimeout = seconds(15);
constexpr Duration kSettleAgain = millis(200);
// 200 requests at 50/50: a side under 70 happens once in a hundred thousand runs.
constexpr int64_t kSplitRequests = 200;
constexpr int64_t kSplitAtLeast = 70;
constexpr int64_t kLocalRequests = 100;
constexpr int64_t kMatchedRequests = 20;
constexpr int64_t kOtherRequests = 100;
// Milliseconds.
constexpr double kDelayAtLeast = 2'000;
constexpr double kDelayAtMost = 2'500;
constexpr double kQuick = 500;
// Of what is captured on the wire; more in the meantime is an error, not a guess.
constexpr int kCaptureBuffer = 16 << 20;
constexpr size_t kMaxCaptured = 64 << 20;
// A client's first words (RFC 8446: a handshake message may span records; ours are small).
constexpr size_t kMaxHello = 16 << 10;

}  // namespace meshka::cli::workshop
