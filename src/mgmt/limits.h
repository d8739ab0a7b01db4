// Named bounds of the management plane.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace meshka::mgmt {

// Relay messages (docs/design/relay.md).
inline constexpr size_t kMaxRelayMessage = 16u << 20;  // more: RESOURCE_EXHAUSTED
inline constexpr size_t kRelayChunkBytes = 512u
                                           << 10;  // a snapshot goes in pieces of about this size
inline constexpr uint32_t kMaxRelayDepth = 130;    // a stored object, and what is around it
// An object larger than this is not sent; the agent says so in its log.
inline constexpr size_t kMaxRelayObject = 4u << 20;
inline constexpr size_t kMaxClusterName = 253;
// Deletions that an agent remembers for a server that comes back; more: a full snapshot.
inline constexpr size_t kMaxTombstones = 4096;
inline constexpr size_t kMaxObjectsPerCluster = 200'000;  // of one snapshot; more: refused
inline constexpr size_t kMaxFailures =
    10'000;  // remembered, of one cluster; more: only in the agent's log
inline constexpr size_t kMaxAgentStreams = 512;  // of the server, both kinds; more: refused
inline constexpr Duration kRelayPing = seconds(10);
inline constexpr Duration kRelaySilence = seconds(30);  // then the other side counts as gone
inline constexpr Duration kHelloTimeout = seconds(10);  // first message of a stream
inline constexpr Duration kFirstReconnect = millis(100);
inline constexpr Duration kLongestReconnect = seconds(5);
inline constexpr Duration kDialTimeout = seconds(10);
inline constexpr Duration kSniffTimeout = seconds(10);  // first byte of a connection
inline constexpr size_t kMaxSniffing = 256;             // connections without a first byte: refused

// Bootstrap: tokens that did not fit, of all peers together.
inline constexpr size_t kBootstrapBurst = 10;
inline constexpr Duration kBootstrapRefill = seconds(1);
inline constexpr Duration kClientCertificateLife = hours(24 * 30);
inline constexpr Duration kBootstrapTimeout = seconds(30);
inline constexpr size_t kMaxTokenBytes = 4096;
inline constexpr size_t kMaxPemFile = 64u << 10;

// Calls to API servers.
inline constexpr Duration kCallTimeout = seconds(30);
inline constexpr size_t kApplyWorkers = 8;
inline constexpr size_t kMaxKinds =
    512;  // live kinds of one cluster; more: ignored, with a log line

// Translation waits so long for more changes.
inline constexpr Duration kTranslateDelay = millis(5);
// Deletions are held back so long after a start while clusters are missing.
inline constexpr Duration kWarmGrace = seconds(30);

// Redis.
inline constexpr size_t kMaxRedisReply = 256u << 20;
inline constexpr size_t kMaxRedisLine = 64u << 10;
inline constexpr size_t kMaxRedisDepth = 8;
inline constexpr size_t kRedisBatch = 64;  // objects in one command
inline constexpr Duration kRedisTimeout = seconds(10);
inline constexpr Duration kRedisRetry = seconds(2);
inline constexpr Duration kRedisLoadTimeout = seconds(5);  // then the server starts cold

// Trust.
inline constexpr size_t kMaxSigned = 1024;  // certificates remembered until the agent has them
inline constexpr Duration kRootLife = hours(24 * 365 * 10);  // nothing renews a root
inline constexpr int64_t kRenewAtPercent = 90;               // of the life time
// An authority whose IssuedCertificate is gone is removed so much later, if that stays gone.
inline constexpr Duration kTrustCleanUpDelay = seconds(2);

}  // namespace meshka::mgmt
