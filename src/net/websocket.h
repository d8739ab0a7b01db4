// WebSocket (RFC 6455) over an upgraded Stream, both roles. Handshake helpers make and check the
// headers; the framing works on any Stream. No extensions are offered or accepted.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "io/loop.h"
#include "io/network.h"
#include "net/http.h"
#include "net/limits.h"

namespace meshka::net {

struct WebSocketMessage {
  enum class Type : uint8_t { kText, kBinary, kClose };
  Type type = Type::kBinary;
  std::string payload;      // kClose: the reason
  uint16_t close_code = 0;  // kClose: 1005 when none was sent
};

class WebSocket {
 public:
  virtual ~WebSocket() = default;  // closes the stream
  // The next whole message; pings are answered inside. After kClose nothing follows. Errors:
  // kUnavailable (cut), kInvalid (protocol error; the peer was told), kTooLarge.
  virtual io::Task<Result<WebSocketMessage>> read() = 0;
  // Waits until the buffer is under its limit. One message is one frame.
  virtual io::Task<Result<void>> write(WebSocketMessage::Type type, std::string_view payload) = 0;
  virtual void writeNow(WebSocketMessage::Type type, std::string_view payload) = 0;
  virtual size_t buffered() const = 0;
  virtual void ping() = 0;
  virtual void close(uint16_t code, std::string_view reason) = 0;
  // Waits until everything is sent.
  virtual io::Task<Result<void>> flush() = 0;
};

bool isWebSocketRequest(const ServerRequest& request);
// Chooses the first of `supported` that the client offers; "" when it offers none and none is
// needed. Answers 400 itself on a bad handshake or when no subprotocol fits. Errors: kInvalid.
struct AcceptedWebSocket {
  std::unique_ptr<WebSocket> socket;
  std::string protocol;
};
Result<AcceptedWebSocket> acceptWebSocket(io::Loop& loop, Rng& rng, const ServerRequest& request,
                                          ResponseWriter& response,
                                          const std::vector<std::string>& supported,
                                          size_t max_message = kMaxWebSocketMessage);

// Opens one through `client`. Errors: kUnavailable, kForbidden and so on by the status when the
// answer is not 101.
io::Task<Result<AcceptedWebSocket>> connectWebSocket(io::Loop& loop, Rng& rng, HttpClient& client,
                                                     std::string target, Headers headers,
                                                     std::vector<std::string> protocols,
                                                     Instant deadline,
                                                     size_t max_message = kMaxWebSocketMessage);

// The framing alone.
std::unique_ptr<WebSocket> newWebSocket(io::Loop& loop, Rng& rng,
                                        std::unique_ptr<io::Stream> stream, bool is_client,
                                        size_t max_message = kMaxWebSocketMessage);
std::string webSocketAccept(std::string_view key);

}  // namespace meshka::net
