// Bounds of the configuration protocol.
#pragma once

#include <cstddef>

#include "base/time.h"

namespace meshka::xds {

// Of nested messages; a route in a listener's filter chain is about 20 deep.
inline constexpr int kMaxMessageDepth = 100;

// The discovery service.
inline constexpr size_t kMaxAdsStreams = 4096;       // more: RESOURCE_EXHAUSTED
inline constexpr size_t kMaxSubscribedTypes = 32;    // of one stream; more: INVALID_ARGUMENT
inline constexpr size_t kMaxResourceNames = 20'000;  // of one subscription; more: INVALID_ARGUMENT
// Bytes waiting for one client. Above it pushes are merged until the client has read.
inline constexpr size_t kMaxUnreadBytes = 8u << 20;
// A client that has not said who it is by then is sent away.
inline constexpr Duration kFirstRequestTimeout = seconds(10);
// How soon a client that reads slowly is looked at again.
inline constexpr Duration kUnreadRetry = millis(200);
inline constexpr size_t kMaxErrorText = 4096;  // of a rejection, kept and logged; the rest is cut

}  // namespace meshka::xds
