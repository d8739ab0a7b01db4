// Bounds of the API server and what happens at each.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace meshka::apiserver {

inline constexpr size_t kMaxBodyBytes = 3u << 20;       // request bodies: 413
inline constexpr uint32_t kMaxBodyDepth = 100;          // nesting of a body: 400
inline constexpr size_t kMaxPathBytes = 4096;           // 400
inline constexpr size_t kMaxPathSegments = 64;          // 400
inline constexpr size_t kMaxQueryParameters = 100;      // 400
inline constexpr size_t kMaxSelectorBytes = 16 * 1024;  // 400
inline constexpr size_t kMaxContinueBytes = 2048;       // 400
inline constexpr size_t kMaxWarnings = 20;              // of one response; further ones are dropped
inline constexpr size_t kMaxWarningBytes = 1024;        // longer ones are cut
inline constexpr int kMaxPatchAttempts = 20;  // read-modify-write against a busy object: 409
inline constexpr int kMaxNameAttempts = 8;    // generateName collisions: 409
inline constexpr size_t kMaxPatchOperations = 10000;  // JSON patch: 413
inline constexpr size_t kMaxCollectionDeletes =
    100000;                               // objects of one deletecollection: the rest stays
inline constexpr size_t kListPage = 500;  // items read at a time when selectors filter

inline constexpr size_t kMaxWatches = 20000;  // of one server: 429
inline constexpr size_t kMaxWatchBufferBytes = 8u
                                               << 20;  // unread bytes of one watcher: it is cut off
inline constexpr size_t kMaxLocalWatchEvents =
    100000;  // unread events of an in-process watcher: it must relist
inline constexpr Duration kBookmarkInterval = seconds(60);
inline constexpr int64_t kMinWatchSeconds =
    1800;  // a watch without timeoutSeconds ends after a random time ...
inline constexpr int64_t kMaxWatchSeconds = 3600;  // ... between these two
inline constexpr size_t kEncodeCacheBytes = 16u
                                            << 20;  // encoded objects kept: the oldest half goes

inline constexpr Duration kRequestTimeout =
    seconds(60);  // requests that are neither watches nor connections: 504
inline constexpr size_t kMaxWebhookAnswerBytes = 4u << 20;
inline constexpr int64_t kDefaultWebhookSeconds = 10;
inline constexpr int64_t kMaxWebhookSeconds = 30;
inline constexpr size_t kMaxWebhooks = 100;  // called for one request: 500
inline constexpr size_t kCrdCleanupBatch = 500;

}  // namespace meshka::apiserver
