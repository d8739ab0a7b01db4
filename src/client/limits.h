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
// Nesting of an answer: a stored object is up to 120 deep (store/limits.h), lists and events come
// around it.
inline constexpr uint32_t kMaxAnswerDepth = 130;
inline constexpr size_t kWatchChunkBytes = 16 * 1024;
inline constexpr uint64_t kMaxTokenBytes = 64 * 1024;
inline constexpr Duration kTokenFileAge = seconds(60);  // then a token file is read again

// Collections: pauses between attempts to list or watch double from the first to the longest.
inline constexpr Duration kFirstRelistPause = millis(50);
inline constexpr Duration kLongestRelistPause = seconds(10);
inline constexpr Duration kListTimeout = seconds(60);
inline constexpr Duration kWatchOpenTimeout = seconds(30);
// A watch without an event for so long (bookmarks come about once a minute) is opened anew.
inline constexpr Duration kWatchSilence = minutes(10);
// A watch that ends without an event sooner than this counts as a failed attempt.
inline constexpr Duration kBriefWatch = seconds(1);
inline constexpr int64_t kListPage = 500;
// Events handled in one turn before others have theirs.
inline constexpr size_t kWatchBurst = 64;
// Work queues: keys with an error remembered for the log; more are forgotten, oldest key first.
inline constexpr size_t kMaxRememberedFailures = 10'000;
// Derived collections: recomputations in one turn; the rest follows in the next.
inline constexpr size_t kDerivedBurst = 256;

}  // namespace meshka::client
