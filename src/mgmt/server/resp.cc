#include "mgmt/server/resp.h"

#include <utility>

#include "base/strings.h"
#include "mgmt/limits.h"

namespace meshka::mgmt {

void appendCommand(std::string& out, const std::vector<std::string_view>& words) {
  out += cat("*", words.size(), "\r\n");
  for (const std::string_view word : words) out += cat("$", word.size(), "\r\n", word, "\r\n");
}

std::optional<std::string_view> RespReader::line() {
  const size_t end = buffer_.find("\r\n", at_);
  if (end == std::string::npos) return std::nullopt;
  return std::string_view(buffer_).substr(at_, end - at_);
}

Result<std::optional<RespValue>> RespReader::element(int64_t& array_size) {
  const auto head = line();
  if (!head) {
    if (buffer_.size() - at_ > kMaxRedisLine) return fail(Code::kTooLarge, "redis: endless line");
    return std::nullopt;
  }
  if (head->empty()) return fail(Code::kInvalid, "redis: empty line");
  const std::string_view rest = head->substr(1);
  RespValue out;
  size_t used = head->size() + 2;
  switch ((*head)[0]) {
    case '+':
    case '-':
      out.kind = (*head)[0] == '+' ? RespValue::Kind::kText : RespValue::Kind::kError;
      out.text = rest;
      break;
    case ':':
    case '$':
    case '*': {
      const auto number = parseInt(rest);
      if (!number) return fail(Code::kInvalid, cat("redis: \"", *head, "\" is no number"));
      if ((*head)[0] == ':') {
        out.kind = RespValue::Kind::kInteger;
        out.number = *number;
      } else if (*number == -1) {
        // nil
      } else if (*number < 0 || *number > static_cast<int64_t>(kMaxRedisReply)) {
        return fail(Code::kTooLarge, cat("redis: length ", *number));
      } else if ((*head)[0] == '*') {
        out.kind = RespValue::Kind::kArray;
        array_size = *number;
      } else {
        const auto size = static_cast<size_t>(*number);
        if (buffer_.size() - at_ < used + size + 2) return std::nullopt;
        out.kind = RespValue::Kind::kText;
        out.text = buffer_.substr(at_ + used, size);
        used += size + 2;
      }
      break;
    }
    default:
      return fail(Code::kInvalid, "redis: unknown type of reply");
  }
  at_ += used;
  held_ += used;
  if (held_ > kMaxRedisReply) return fail(Code::kTooLarge, "redis: reply is too large");
  return out;
}

Result<std::optional<RespValue>> RespReader::next() {
  for (;;) {
    int64_t array_size = 0;
    MESHKA_TRY(std::optional<RespValue> value, element(array_size));
    if (!value) {
      buffer_.erase(0, std::exchange(at_, 0));
      return std::nullopt;
    }
    if (value->kind == RespValue::Kind::kArray && array_size > 0) {
      if (frames_.size() >= kMaxRedisDepth) return fail(Code::kTooLarge, "redis: nested too deep");
      frames_.push_back({std::move(*value), array_size});
      continue;
    }
    // A whole value: it ends the arrays that it is the last element of.
    bool open = false;
    while (!frames_.empty() && !open) {
      Frame& frame = frames_.back();
      frame.array.items.push_back(std::move(*value));
      open = --frame.missing > 0;
      if (open) continue;
      value = std::move(frame.array);
      frames_.pop_back();
    }
    if (open) continue;
    held_ = 0;
    return value;
  }
}

}  // namespace meshka::mgmt
