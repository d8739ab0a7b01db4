// Every bound of the node agent and what happens when it is reached.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace meshka::node {

// Pods that are being started at the same time; more wait. Two cores start 2-4 at once as fast as
// 30 at once, and the first is ready three times sooner.
constexpr size_t kMaxPodStarts = 3;
// Pods being stopped at the same time; their grace periods are waiting, not work.
constexpr size_t kMaxPodStops = 16;
// Pod workers, probes, hooks and streams running at once.
constexpr size_t kMaxPods = 250;
constexpr size_t kMaxProbes = 512;
constexpr size_t kMaxStreams = 256;

// Restarts of a container: kBackOffFirst after the first failure, doubled after each, at most
// kBackOffMax; forgotten after kBackOffReset of running.
constexpr Duration kBackOffFirst = seconds(10);
constexpr Duration kBackOffMax = seconds(300);
constexpr Duration kBackOffReset = seconds(600);
// Failed pod set-up (volumes, sandbox) is tried again after 1 s, doubled up to this.
constexpr Duration kSetupRetryFirst = seconds(1);
constexpr Duration kSetupRetryMax = seconds(30);

// One call to the runtime. Pulling is not among them.
constexpr Duration kCriTimeout = seconds(120);
constexpr Duration kCriListTimeout = seconds(10);
// Calls to the API server.
constexpr Duration kApiTimeout = seconds(30);
// A hook without a timeout of its own.
constexpr Duration kHookTimeout = seconds(600);

// Probe output and termination messages that go into statuses and events.
constexpr size_t kMaxProbeOutputBytes = 10 * 1024;
constexpr size_t kMaxTerminationMessageBytes = 4096;
// Files of one configMap, secret or projected volume; the API server bounds the objects already.
constexpr size_t kMaxVolumeFiles = 4096;

// Node lease: renewed every kLeaseRenew, trusted for kLeaseDuration by others.
constexpr Duration kLeaseRenew = seconds(10);
constexpr Duration kLeaseDuration = seconds(40);
// Images listed in the node's status.
constexpr size_t kMaxNodeImages = 50;

// $(VAR) expansion: one value may not grow beyond this.
constexpr size_t kMaxExpandedBytes = 128 * 1024;

// nft is given one transaction at a time, each at most this long.
constexpr Duration kNftTimeout = seconds(20);
// Changes arriving within this time after another go into one transaction.
constexpr Duration kRulesSettle = millis(5);

// Events waiting to be written; more are dropped, the oldest first.
constexpr size_t kMaxPendingEvents = 1000;

// Bytes of a log line that are kept when a container writes without newlines.
constexpr size_t kMaxLogLineBytes = 1024 * 1024;
// One read of a log file.
constexpr size_t kLogChunkBytes = 64 * 1024;

}  // namespace meshka::node
