#include "doc/utf8.h"

#include <cstring>

namespace meshka::doc {

size_t utf8Length(std::string_view text) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto follows = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;
  if (first < 0xe0) return follows(1) ? 2 : 0;
  if (first < 0xf0) {
    const unsigned second = byte(1);
    const bool overlong = first == 0xe0 && second < 0xa0;
    const bool surrogate = first == 0xed && second >= 0xa0;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first > 0xf4) return 0;
  const unsigned second = byte(1);
  const bool overlong = first == 0xf0 && second < 0x90;
  const bool too_large = first == 0xf4 && second >= 0x90;
  return follows(1) && follows(2) && follows(3) && !overlong && !too_large ? 4 : 0;
}

size_t firstInvalidUtf8(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    if (text.size() - at >= 8) {  // eight ASCII characters at a time
      uint64_t word;
      std::memcpy(&word, text.data() + at, sizeof word);
      if ((word & 0x8080808080808080u) == 0) {
        at += 8;
        continue;
      }
    }
    const size_t length = utf8Length(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return at;
}

bool isUtf8(std::string_view text) {
  return firstInvalidUtf8(text) == text.size();
}

std::string toUtf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t good = firstInvalidUtf8(text);
    out.append(text.substr(0, good));
    if (good == text.size()) break;
    out.append("\xef\xbf\xbd");
    text.remove_prefix(good + 1);
  }
  return out;
}

void appendUtf8(std::string& out, uint32_t c) {
  const auto put = [&out](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xc0 | c >> 6);
  } else {
    if (c < 0x10000) {
      put(0xe0 | c >> 12);
    } else {
      put(0xf0 | c >> 18);
      put(0x80 | (c >> 12 & 0x3f));
    }
    put(0x80 | (c >> 6 & 0x3f));
  }
  put(0x80 | (c & 0x3f));
}

}  // namespace meshka::doc
