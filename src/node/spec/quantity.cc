#include "node/spec/quantity.h"

#include <cmath>

#include "base/strings.h"

namespace meshka::node {
namespace {

struct Suffix {
  std::string_view text;
  long double factor;
};
constexpr Suffix kSuffixes[] = {{"Ki", 0x1p10L}, {"Mi", 0x1p20L}, {"Gi", 0x1p30L}, {"Ti", 0x1p40L},
                                {"Pi", 0x1p50L}, {"Ei", 0x1p60L}, {"n", 1e-9L},    {"u", 1e-6L},
                                {"m", 1e-3L},    {"k", 1e3L},     {"M", 1e6L},     {"G", 1e9L},
                                {"T", 1e12L},    {"P", 1e15L},    {"E", 1e18L}};

// 64 bits of mantissa hold every decimal number that matters here exactly enough to round up
// correctly.
std::optional<long double> parse(std::string_view text) {
  long double factor = 1;
  for (const Suffix& s : kSuffixes) {
    if (!text.ends_with(s.text)) continue;
    factor = s.factor;
    text.remove_suffix(s.text.size());
    break;
  }
  if (text.empty()) return std::nullopt;
  long double value = 0, scale = 1;
  size_t i = 0;
  bool negative = false, digits = false, point = false;
  if (text[0] == '-' || text[0] == '+') negative = text[i++] == '-';
  for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
    if (text[i] == '.' && !point) {
      point = true;
    } else if (text[i] >= '0' && text[i] <= '9') {
      digits = true;
      value = value * 10 + (text[i] - '0');
      if (point) scale *= 10;
    } else {
      return std::nullopt;
    }
  }
  if (!digits) return std::nullopt;
  value /= scale;
  if (i < text.size()) {
    const auto exponent = parseInt(text.substr(i + 1));
    if (!exponent || *exponent < -20 || *exponent > 20) return std::nullopt;
    value *= std::pow(10.0L, static_cast<long double>(*exponent));
  }
  return (negative ? -value : value) * factor;
}

std::optional<int64_t> roundUp(long double v) {
  // What decimal fractions leave behind in binary is below 1e-6 of a unit.
  const long double up = std::ceil(v - 1e-6L);
  if (!(up < 9.2e18L && up > -9.2e18L)) return std::nullopt;
  return static_cast<int64_t>(up);
}

}  // namespace

std::optional<int64_t> parseMilli(std::string_view text) {
  const auto v = parse(text);
  return v ? roundUp(*v * 1000) : std::nullopt;
}

std::optional<int64_t> parseWhole(std::string_view text) {
  const auto v = parse(text);
  return v ? roundUp(*v) : std::nullopt;
}

}  // namespace meshka::node
