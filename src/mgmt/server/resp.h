// Redis' protocol (RESP2): commands out, replies in, piece by piece and bounded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace meshka::mgmt {

struct RespValue {
  enum class Kind : uint8_t { kNil, kInteger, kText, kError, kArray };
  Kind kind = Kind::kNil;
  int64_t number = 0;
  std::string text;  // also of an error
  std::vector<RespValue> items;
};

// Appends one command.
void appendCommand(std::string& out, const std::vector<std::string_view>& words);

class RespReader {
 public:
  void feed(std::string_view bytes) { buffer_.append(bytes); }
  // The next whole reply; nullopt: more bytes are needed. Errors: kInvalid, kTooLarge; the stream
  // is then of no use.
  Result<std::optional<RespValue>> next();

 private:
  struct Frame {
    RespValue array;
    int64_t missing = 0;
  };
  // One element's head (and text); nullopt: more bytes are needed.
  Result<std::optional<RespValue>> element(int64_t& array_size);
  std::optional<std::string_view> line();

  std::string buffer_;
  size_t at_ = 0;
  size_t held_ = 0;  // bytes of the reply that is being read
  std::vector<Frame> frames_;
};

}  // namespace meshka::mgmt
