// Named bounds of the virtual cluster library.
#pragma once

#include "base/time.h"

namespace meshka::vcluster {

inline constexpr Duration kCreateTimeout = seconds(120);  // create: until the virtual API answers
inline constexpr Duration kQuietWait = seconds(2);        // then the cause of the wait is printed
inline constexpr Duration kPodTimeout = seconds(6);  // connect: until a control plane pod is found
inline constexpr Duration kSecretTimeout =
    minutes(10);  // connect: until the kubeconfig Secret is there
inline constexpr Duration kLoadBalancerTimeout = minutes(5);
inline constexpr Duration kCallTimeout = seconds(30);  // one API call
inline constexpr Duration kDeleteTimeout = seconds(60);
inline constexpr Duration kAbandonedAfter =
    seconds(5);                                   // a host Service without a virtual one is removed
inline constexpr int64_t kMinTokenSeconds = 600;  // TokenRequest's own minimum
inline constexpr Duration kMaxTokenLife = hours(24);  // renewed at the latest after this
inline constexpr size_t kSyncWorkers = 16;  // objects being synced at once, each direction
inline constexpr size_t kSpliceBufferBytes =
    16 * 1024;  // of a forwarded connection, each direction

}  // namespace meshka::vcluster
