// Every bound of the DNS server and what happens when it is reached.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace meshka::dns {

// RFC 1035 2.3.4. Longer names are FORMERR.
constexpr size_t kMaxNameBytes = 255;
constexpr size_t kMaxLabelBytes = 63;
// Compression pointers followed in one name; more is FORMERR (loops).
constexpr int kMaxPointers = 16;
// RFC 1035 4.2.1 without EDNS; an answer that does not fit is cut to its header with TC set.
constexpr size_t kPlainUdpBytes = 512;
// The most that we send by UDP whatever EDNS offers (the flag day 2020 value): no fragments.
constexpr size_t kMaxUdpBytes = 1232;
constexpr size_t kMaxMessageBytes = 65535;
// Records of one answer; the rest is left out (a headless service of thousands of pods).
constexpr size_t kMaxAnswerRecords = 512;
// ExternalName chains; the end of a longer one is left out.
constexpr int kMaxCnames = 8;

// TTL of positive answers, as kubeadm sets it for CoreDNS: every proxy asks again when it ends.
constexpr uint32_t kTtlSeconds = 30;
// ... and, through the SOA's minimum, of negative ones: a pod that starts before its database finds
// it soon.
constexpr uint32_t kNegativeTtlSeconds = 5;

// Queries waiting for an upstream: in all and per client address. More are answered SERVFAIL at
// once.
constexpr size_t kMaxForwards = 1024;
constexpr size_t kMaxForwardsPerClient = 64;
// Each upstream gets this long, in order; after the last, SERVFAIL.
constexpr Duration kForwardTimeout = seconds(2);
// TCP connections: more are closed at once.
constexpr size_t kMaxConnections = 256;
constexpr size_t kMaxConnectionsPerClient = 16;
constexpr Duration kConnectionIdle = seconds(20);
// Answers waiting to be written to one TCP client; more closes it.
constexpr size_t kMaxTcpBufferBytes = 256 * 1024;

}  // namespace meshka::dns
