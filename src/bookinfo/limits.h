// Bounds of the demo application.
#pragma once

#include <cstddef>

#include "base/time.h"

namespace meshka::bookinfo {

// How long a page waits for one part of itself; the reviews' wait for their stars is longer for
// black ones, so that an injected delay can be told from a slow service.
constexpr Duration kPartTimeout = seconds(3);
constexpr Duration kStarsTimeout = millis(2'500);
constexpr Duration kBlackStarsTimeout = seconds(10);
// The page asks for reviews once more when the first answer failed.
constexpr int kReviewAttempts = 2;
// Bodies: of a form or a posted rating, of another service's answer.
constexpr size_t kMaxRequestBody = 64 << 10;
constexpr size_t kMaxAnswer = 1 << 20;
constexpr size_t kMaxUserName = 64;
// Posted ratings are kept for so many products: further ones are refused.
constexpr size_t kMaxRatedProducts = 1000;
// The measuring client.
constexpr size_t kMaxConcurrency = 256;
constexpr size_t kMaxRequests = 1'000'000;

}  // namespace meshka::bookinfo
