#include "net/websocket_frames.h"

namespace meshka::net {

void appendFrame(std::string& out, Opcode opcode, std::string_view payload, std::string_view mask) {
  out.push_back(static_cast<char>(0x80 | static_cast<int>(opcode)));
  const char mask_bit = mask.empty() ? 0 : static_cast<char>(0x80);
  const uint64_t n = payload.size();
  int bytes = 0;
  if (n < 126) {
    out.push_back(static_cast<char>(mask_bit | static_cast<char>(n)));
  } else if (n < 65536) {
    out.push_back(static_cast<char>(mask_bit | 126));
    bytes = 2;
  } else {
    out.push_back(static_cast<char>(mask_bit | 127));
    bytes = 8;
  }
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(n >> (8 * i)));
  if (mask.empty()) {
    out.append(payload);
    return;
  }
  out.append(mask);
  for (size_t i = 0; i < payload.size(); ++i) {
    out.push_back(static_cast<char>(payload[i] ^ mask[i % 4]));
  }
}

Result<std::optional<Frame>> FrameReader::next() {
  for (;;) {
    if (buffer_.size() < 2) return std::nullopt;
    const auto first = static_cast<unsigned char>(buffer_[0]);
    const auto second = static_cast<unsigned char>(buffer_[1]);
    const int code = first & 15;
    const bool fin = (first & 0x80) != 0, masked = (second & 0x80) != 0;
    if ((first & 0x70) != 0) return fail(Code::kInvalid, "websocket: reserved bits are set");
    if (code > 10 || (code > 2 && code < 8))
      return fail(Code::kInvalid, "websocket: unknown opcode");
    if (masked != masked_) return fail(Code::kInvalid, "websocket: wrong masking");
    uint64_t size = second & 0x7f;
    size_t head = 2;
    if (code >= 8 && (size > 125 || !fin)) {
      return fail(Code::kInvalid, "websocket: fragmented or long control frame");
    }
    if (size >= 126) {
      const size_t more = size == 126 ? 2 : 8;
      if (buffer_.size() < head + more) return std::nullopt;
      size = 0;
      for (size_t i = 0; i < more; ++i)
        size = size << 8 | static_cast<unsigned char>(buffer_[head + i]);
      head += more;
      if (size < (more == 2 ? 126u : 65536u)) {
        return fail(Code::kInvalid, "websocket: length is not in its shortest form");
      }
    }
    if (size > max_message_ || message_.size() + size > max_message_) {
      return fail(Code::kTooLarge, "websocket: message is too large");
    }
    const size_t key_at = head;
    if (masked) head += 4;
    if (buffer_.size() < head + size) return std::nullopt;
    std::string payload = buffer_.substr(head, size);
    if (masked) {
      for (size_t i = 0; i < payload.size(); ++i) {
        payload[i] = static_cast<char>(payload[i] ^ buffer_[key_at + i % 4]);
      }
    }
    buffer_.erase(0, head + size);
    auto out = take(static_cast<Opcode>(code), fin, std::move(payload));
    if (!out || *out) return out;
  }
}

Result<std::optional<Frame>> FrameReader::take(Opcode opcode, bool fin, std::string payload) {
  if (opcode >= Opcode::kClose) return Frame{opcode, std::move(payload)};
  if ((opcode == Opcode::kContinuation) != fragmented_.has_value()) {
    return fail(Code::kInvalid, "websocket: continuation out of place");
  }
  if (opcode != Opcode::kContinuation) fragmented_ = opcode;
  message_ += payload;
  if (!fin) return std::nullopt;
  Frame frame{*fragmented_, std::exchange(message_, {})};
  fragmented_.reset();
  if (frame.opcode == Opcode::kText && !isUtf8(frame.payload)) {
    return fail(Code::kInvalid, "websocket: text is not UTF-8");
  }
  return frame;
}

bool isUtf8(std::string_view text) {
  size_t i = 0;
  const auto at = [&](size_t k) { return static_cast<unsigned char>(text[k]); };
  while (i < text.size()) {
    const unsigned c = at(i);
    size_t more = 0;
    unsigned low = 0x80, high = 0xbf;
    if (c < 0x80) {
      ++i;
      continue;
    }
    if (c >= 0xc2 && c <= 0xdf)
      more = 1;
    else if (c >= 0xe0 && c <= 0xef)
      more = 2;
    else if (c >= 0xf0 && c <= 0xf4)
      more = 3;
    else
      return false;
    if (c == 0xe0) low = 0xa0;
    if (c == 0xed) high = 0x9f;
    if (c == 0xf0) low = 0x90;
    if (c == 0xf4) high = 0x8f;
    if (i + more >= text.size()) return false;
    if (at(i + 1) < low || at(i + 1) > high) return false;
    for (size_t k = 2; k <= more; ++k) {
      if (at(i + k) < 0x80 || at(i + k) > 0xbf) return false;
    }
    i += more + 1;
  }
  return true;
}

}  // namespace meshka::net
