// Every bound of net in one place, with what happens when it is reached. The structs are defaults
// that a server or client may lower or raise; the constants are protocol bounds that nobody tunes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace meshka::net {

struct ServerLimits {
  size_t max_connections = 4096;  // more: closed on accept
  size_t max_head_bytes =
      64 << 10;              // request line and headers: 431 (HTTP/1.1), stream reset (HTTP/2)
  size_t max_headers = 256;  // the same
  size_t body_buffer_bytes = 64 << 10;        // received and not read by the handler: reading stops
  size_t write_buffer_bytes = 64 << 10;       // write() waits above it
  size_t hard_write_buffer_bytes = 64 << 20;  // writeNow() above it cuts the response off
  uint32_t max_streams = 250;                 // concurrent, of one HTTP/2 connection: refused
  Duration head_timeout = seconds(30);        // TLS handshake and first byte to end of head: closed
  Duration idle_timeout = seconds(180);       // keep-alive without a request: closed
  Duration write_stall_timeout =
      seconds(60);  // the peer takes nothing of a waiting response: closed
  uint64_t discard_body_bytes =
      256 << 10;  // unread request body dropped to keep the connection; more: closed
};

struct ClientLimits {
  size_t max_head_bytes = 256 << 10;
  size_t max_headers = 512;
  size_t body_buffer_bytes = 256 << 10;  // received and not read: reading stops
  size_t write_buffer_bytes = 256 << 10;
  size_t max_idle_connections = 8;  // HTTP/1.1 keep-alive pool: the oldest is closed
  Duration idle_timeout = seconds(90);
  Duration ping_interval = seconds(30);  // HTTP/2: a ping when nothing came for so long ...
  Duration ping_timeout =
      seconds(15);  // ... and the connection is given up when it stays unanswered
};

// HTTP/1.1 trailers and chunk-size lines.
inline constexpr size_t kMaxTrailerBytes = 8 << 10;
inline constexpr size_t kMaxChunkSizeDigits = 8;
// Bytes of further requests kept while one is served; after that nothing is read.
inline constexpr size_t kPipelineBytes = 16 << 10;
inline constexpr size_t kReadChunk = 16 << 10;

// HTTP/2 flow control: a stream's window, and the connection's, which bounds what all streams
// together may hold.
inline constexpr int32_t kServerStreamWindow = 256 << 10;
inline constexpr int32_t kServerConnectionWindow = 1 << 20;
inline constexpr int32_t kClientStreamWindow = 1 << 20;
inline constexpr int32_t kClientConnectionWindow = 16 << 20;
// Budget of frames that cost us work and bring no request forward (RST_STREAM, PING, SETTINGS,
// PRIORITY, empty DATA, tiny WINDOW_UPDATEs): `kGlitchBurst` at once, refilled at
// `kGlitchPerSecond`; overdrawn: GOAWAY, closed.
inline constexpr double kGlitchBurst = 1000;
inline constexpr double kGlitchPerSecond = 100;
inline constexpr size_t kMaxOutboundAcks = 256;

// TLS
inline constexpr size_t kMaxClientSessions = 256;  // cached for resumption: the oldest goes
inline constexpr int kMaxChainDepth = 8;
inline constexpr size_t kMaxPemBytes = 4 << 20;
inline constexpr size_t kMaxSans = 1000;
inline constexpr size_t kMaxJwtBytes = 32 << 10;

// gRPC: one message, either way. More: RESOURCE_EXHAUSTED.
inline constexpr size_t kMaxGrpcMessage = 16 << 20;

// WebSocket
inline constexpr size_t kMaxWebSocketMessage = 4 << 20;
inline constexpr size_t kWebSocketBuffer = 256 << 10;

// Resolving names: of what the machine's files list, the first so many count.
inline constexpr size_t kMaxNameServers = 3;
inline constexpr size_t kMaxSearchDomains = 6;
inline constexpr size_t kMaxAddresses = 16;
inline constexpr Duration kDnsTimeout = seconds(2);  // one server, one question; each is asked twice

// One in-process exchange.
inline constexpr size_t kInProcessBuffer = 64 << 10;

}  // namespace meshka::net
