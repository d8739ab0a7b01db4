// WebSocket frames (RFC 6455 section 5) from and to bytes, without any I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/websocket.h"

namespace meshka::net {

enum class Opcode : uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10
};

// `mask`: four bytes for a client's frame, empty for a server's.
void appendFrame(std::string& out, Opcode opcode, std::string_view payload, std::string_view mask);

struct Frame {  // a whole message, or a control frame
  Opcode opcode = Opcode::kBinary;
  std::string payload;
};

class FrameReader {
 public:
  // `masked`: what the peer must do (clients mask, servers must not).
  FrameReader(bool masked, size_t max_message) : masked_(masked), max_message_(max_message) {}
  void feed(std::string_view bytes) { buffer_.append(bytes); }
  size_t buffered() const { return buffer_.size() + message_.size(); }
  // The next whole message or control frame; nullopt: more bytes are needed. Errors: kInvalid
  // (protocol), kTooLarge.
  Result<std::optional<Frame>> next();

 private:
  Result<std::optional<Frame>> take(Opcode opcode, bool fin, std::string payload);
  const bool masked_;
  const size_t max_message_;
  std::string buffer_, message_;
  std::optional<Opcode> fragmented_;  // a message has begun
};

bool isUtf8(std::string_view text);

}  // namespace meshka::net
