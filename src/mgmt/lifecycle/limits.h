// Named bounds of installing and registering.
#pragma once

#include <cstddef>

#include "base/time.h"

namespace meshka::mgmt {

inline constexpr size_t kInstallWorkers = 16;                 // objects written at once
inline constexpr Duration kObjectTimeout = seconds(30);       // one call to an API server
inline constexpr Duration kInstallTimeout = seconds(180);     // until all Deployments are available
inline constexpr Duration kRegisterTimeout = seconds(60);     // until the agent is connected
inline constexpr Duration kRemoveTimeout = seconds(60);       // until what was removed is gone
inline constexpr Duration kEstablishTimeout = seconds(30);    // until CRDs can be used
inline constexpr Duration kAddressTimeout = seconds(30);      // for a LoadBalancer's address
inline constexpr Duration kDialTimeoutFromHere = seconds(2);  // the relay's address, as a hint only
inline constexpr Duration kQuietWait = seconds(3);            // then what is waited for is printed
// A pod that cannot start is given up when it still cannot so long after it was first seen.
inline constexpr Duration kHopelessAfter = seconds(10);
inline constexpr Duration kRelayRootLife = hours(24 * 3650);
inline constexpr Duration kRelaySigningLife = hours(24 * 1825);
inline constexpr Duration kRelayServerLife = hours(24 * 1825);
inline constexpr size_t kTokenBytes = 32;

}  // namespace meshka::mgmt
