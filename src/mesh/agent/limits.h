// Every bound of the proxy agent and what happens when it is reached.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace meshka::mesh::agent {

// Files that the pod brings along (tokens, roots, labels, mesh configuration): larger is an error.
constexpr uint64_t kMaxFileBytes = 1 << 20;
// Requests of Envoy that wait for a stream to the control plane; more end Envoy's stream.
constexpr size_t kMaxHeldRequests = 4096;
// Tasks of one ADS stream: two directions and one per type that the agent itself takes.
constexpr size_t kStreamTasks = 8;

// Connecting to the control plane, and asking for a certificate: doubled from the first to the
// last.
constexpr Duration kFirstRetry = millis(100);
constexpr Duration kLastRetry = seconds(10);
// One attempt to reach the control plane or its CA.
constexpr Duration kConnectTimeout = seconds(10);
constexpr Duration kSignTimeout = seconds(10);
// What is asked of the CA; the CA has the last word.
constexpr Duration kCertificateLife = hours(24);
// However short a certificate lives, the next one is not asked for sooner.
constexpr Duration kShortestRenewal = seconds(1);
// New roots are acknowledged when Envoy has taken them, or after this long, with a warning.
constexpr Duration kRootsTakenTimeout = seconds(5);

// Envoy's admin interface: one answer, and its size (statistics of a large mesh are a few MB).
constexpr Duration kAdminTimeout = seconds(5);
constexpr size_t kMaxAdminBytes = 64u << 20;
// The application's metrics and probes.
constexpr Duration kAppMetricsTimeout = seconds(5);
constexpr size_t kMaxAppMetricsBytes = 32u << 20;
constexpr Duration kAppProbeTimeout = seconds(1);  // unless the probe says another
constexpr size_t kMaxAppProbeBytes = 64u << 10;
// Between SIGTERM to Envoy and SIGKILL, after the drain.
constexpr Duration kStopTimeout = seconds(2);

// nft's one run.
constexpr Duration kNftTimeout = seconds(10);

constexpr uint32_t kNameTtlSeconds = 30;

}  // namespace meshka::mesh::agent
