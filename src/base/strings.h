// Small text helpers. cat() joins strings, characters and integers without a format string.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meshka {

namespace detail {
inline void append(std::string& out, std::string_view s) { out.append(s); }
inline void append(std::string& out, char c) { out.push_back(c); }
void appendInt(std::string& out, int64_t v);
void appendUint(std::string& out, uint64_t v);
template <std::signed_integral T>
  requires(!std::same_as<T, char>)
void append(std::string& out, T v) {
  appendInt(out, v);
}
template <std::unsigned_integral T>
  requires(!std::same_as<T, char> && !std::same_as<T, bool>)
void append(std::string& out, T v) {
  appendUint(out, v);
}
}  // namespace detail

template <class... Parts>
std::string cat(const Parts&... parts) {
  std::string out;
  (detail::append(out, parts), ...);
  return out;
}

// "a,,b" split at ',' has three parts; "" has one, the empty one.
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);
std::string toLower(std::string_view text);
bool equalsIgnoreCase(std::string_view a, std::string_view b);
// The whole text must be one decimal number in range.
std::optional<int64_t> parseInt(std::string_view text);
std::optional<double> parseDouble(std::string_view text);

std::string toHex(std::string_view bytes);
std::string base64Encode(std::string_view bytes);
// Standard alphabet, with or without padding; white space inside is skipped (PEM, YAML folds).
std::optional<std::string> base64Decode(std::string_view text);
// RFC 4648 section 5, no padding: JWT.
std::string base64UrlEncode(std::string_view bytes);
std::optional<std::string> base64UrlDecode(std::string_view text);
// %XX decoding of a URL path or query part. '+' becomes a space only with plus_is_space.
std::optional<std::string> urlDecode(std::string_view text, bool plus_is_space = false);
std::string urlEncode(std::string_view text);

}  // namespace meshka
