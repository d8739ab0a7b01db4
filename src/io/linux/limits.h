// The bounds of the Linux implementation and what happens when they are reached.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace meshka::io {

// A turn of the loop that takes longer is counted (LinuxLoop::slowTurns) and fails tests that look.
constexpr Duration kSlowTurn = millis(20);
// Events taken from the kernel in one turn; the rest comes in the next.
constexpr int kEventsPerTurn = 256;
// Connections accepted and datagrams received by one socket in one turn; the rest comes in the
// next.
constexpr int kAcceptsPerTurn = 64;
constexpr int kDatagramsPerTurn = 64;
// Pending connections of a listener; more are refused or retried by the kernel.
constexpr int kListenBacklog = 1024;
// Pause of a listener when the process or system is out of descriptors or memory.
constexpr Duration kAcceptPause = millis(100);
// Threads for what blocks; started when there is work and no idle thread.
constexpr size_t kPoolThreads = 4;
// Longest datagram.
constexpr size_t kMaxDatagramBytes = 65'535;
// AppendFile takes disk space in steps of this size, ahead of what is written.
constexpr uint64_t kAppendStepBytes = 4u << 20;
// Depth of Disk::remove(recursive); deeper trees are refused.
constexpr int kMaxRemoveDepth = 256;

}  // namespace meshka::io
