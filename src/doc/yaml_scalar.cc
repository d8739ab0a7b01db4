#include "doc/yaml_scalar.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "base/strings.h"
#include "doc/number.h"

namespace meshka::doc {
namespace {

struct Word {
  std::string_view text;
  ScalarType type;
  bool boolean;
  double number;
};
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr ScalarType kB = ScalarType::kBool;
constexpr ScalarType kN = ScalarType::kNull;
constexpr ScalarType kF = ScalarType::kFloat;
constexpr Word kWords[] = {
    {"y", kB, true, 0},
    {"Y", kB, true, 0},
    {"yes", kB, true, 0},
    {"Yes", kB, true, 0},
    {"YES", kB, true, 0},
    {"true", kB, true, 0},
    {"True", kB, true, 0},
    {"TRUE", kB, true, 0},
    {"on", kB, true, 0},
    {"On", kB, true, 0},
    {"ON", kB, true, 0},
    {"n", kB, false, 0},
    {"N", kB, false, 0},
    {"no", kB, false, 0},
    {"No", kB, false, 0},
    {"NO", kB, false, 0},
    {"false", kB, false, 0},
    {"False", kB, false, 0},
    {"FALSE", kB, false, 0},
    {"off", kB, false, 0},
    {"Off", kB, false, 0},
    {"OFF", kB, false, 0},
    {"", kN, false, 0},
    {"~", kN, false, 0},
    {"null", kN, false, 0},
    {"Null", kN, false, 0},
    {"NULL", kN, false, 0},
    {".nan", kF, false, kNaN},
    {".NaN", kF, false, kNaN},
    {".NAN", kF, false, kNaN},
    {".inf", kF, false, kInfinity},
    {".Inf", kF, false, kInfinity},
    {".INF", kF, false, kInfinity},
    {"+.inf", kF, false, kInfinity},
    {"+.Inf", kF, false, kInfinity},
    {"+.INF", kF, false, kInfinity},
    {"-.inf", kF, false, -kInfinity},
    {"-.Inf", kF, false, -kInfinity},
    {"-.INF", kF, false, -kInfinity},
};
constexpr size_t kLongestWord = 5;

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}
bool isSign(char c) {
  return c == '+' || c == '-';
}

// strconv.ParseInt and ParseUint with base 0: 0x, 0b, 0o and a leading 0 choose the base.
std::optional<Scalar> parseInteger(std::string_view text) {
  const bool negative = text.starts_with('-');
  const bool sign = !text.empty() && isSign(text[0]);
  if (sign) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  int base = 10;
  if (text[0] == '0') {
    const char marker = text.size() >= 3 ? static_cast<char>(text[1] | 0x20) : '\0';
    base = marker == 'x' ? 16 : marker == 'b' ? 2 : 8;
    text.remove_prefix(marker == 'x' || marker == 'b' || marker == 'o' ? 2 : 1);
  }
  uint64_t size = 0;
  if (!text.empty()) {
    const char* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, size, base);
    if (error != std::errc() || at != end) return std::nullopt;
  }
  constexpr uint64_t kMax = INT64_MAX;
  Scalar out{.type = ScalarType::kInt};
  if (size <= kMax) {
    out.integer = negative ? -static_cast<int64_t>(size) : static_cast<int64_t>(size);
  } else if (negative && size == kMax + 1) {
    out.integer = INT64_MIN;
  } else if (!sign) {
    out.type = ScalarType::kUint;
    out.natural = size;
  } else {
    return std::nullopt;
  }
  return out;
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool looksLikeFloat(std::string_view s) {
  const auto digits = [&s] {
    const auto end = std::find_if_not(s.begin(), s.end(), isDigit);
    const auto n = static_cast<size_t>(end - s.begin());
    s.remove_prefix(n);
    return n;
  };
  if (!s.empty() && isSign(s[0])) s.remove_prefix(1);
  const size_t whole = digits();
  if (s.starts_with('.')) {
    s.remove_prefix(1);
    if (digits() + whole == 0) return false;
  } else if (whole == 0) {
    return false;
  }
  if (s.empty()) return true;
  if (s[0] != 'e' && s[0] != 'E') return false;
  s.remove_prefix(1);
  if (!s.empty() && isSign(s[0])) s.remove_prefix(1);
  return digits() > 0 && s.empty();
}

std::optional<Scalar> parseFloat(std::string_view text) {
  if (!looksLikeFloat(text)) return std::nullopt;
  if (text[0] == '+') text.remove_prefix(1);
  const std::optional<double> d = parseFinite(text);
  if (!d) return std::nullopt;
  return Scalar{.type = ScalarType::kFloat, .number = *d};
}

std::string_view typeTag(ScalarType type) {
  switch (type) {
    case ScalarType::kText:
      return "!!str";
    case ScalarType::kNull:
      return "!!null";
    case ScalarType::kBool:
      return "!!bool";
    case ScalarType::kInt:
    case ScalarType::kUint:
      return "!!int";
    case ScalarType::kFloat:
      return "!!float";
  }
  return "";
}

}  // namespace

Scalar resolvePlain(std::string_view text) {
  if (text.size() <= kLongestWord) {
    for (const Word& word : kWords) {
      if (word.text == text) {
        return {.type = word.type, .boolean = word.boolean, .number = word.number};
      }
    }
  }
  if (text.empty()) return {};
  if (text[0] == '.') return parseFloat(text).value_or(Scalar());
  if (!isDigit(text[0]) && !isSign(text[0])) return {};
  std::string plain(text);
  std::erase(plain, '_');
  if (const auto integer = parseInteger(plain)) return *integer;
  return parseFloat(plain).value_or(Scalar());
}

Result<Scalar> resolveTagged(std::string_view tag, std::string_view text) {
  if (tag != "!!bool" && tag != "!!int" && tag != "!!float" && tag != "!!null") return Scalar();
  Scalar scalar = resolvePlain(text);
  if (tag == "!!float" && scalar.type == ScalarType::kInt) {
    return Scalar{.type = ScalarType::kFloat, .number = static_cast<double>(scalar.integer)};
  }
  if (typeTag(scalar.type) != tag) {
    return fail(Code::kInvalid,
                cat("cannot decode ", typeTag(scalar.type), " `", text, "` as a ", tag));
  }
  return scalar;
}

// [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?
bool isBase60(std::string_view text) {
  if (!text.empty() && isSign(text[0])) text.remove_prefix(1);
  if (text.empty() || !isDigit(text[0])) return false;
  const size_t whole = text.find_first_not_of("0123456789_");
  if (whole == std::string_view::npos || text[whole] != ':') return false;
  text.remove_prefix(whole);
  while (text.size() >= 2 && text[0] == ':' && isDigit(text[1])) {
    const bool two = text.size() >= 3 && isDigit(text[2]);
    if (two && text[1] > '5') return false;
    text.remove_prefix(two ? 3 : 2);
  }
  if (text.empty()) return true;
  return text[0] == '.' && text.find_first_not_of("0123456789_", 1) == std::string_view::npos;
}

namespace {

// Takes one number of up to max_digits digits off the text; unset when there is none.
std::optional<int> takeNumber(std::string_view& text, size_t max_digits) {
  int number = 0;
  size_t n = 0;
  for (; n < max_digits && n < text.size() && isDigit(text[n]); ++n) {
    number = number * 10 + (text[n] - '0');
  }
  text.remove_prefix(n);
  return n == 0 ? std::nullopt : std::optional(number);
}
bool takeIf(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}
// A field of one or two digits, at most max.
bool takeField(std::string_view& text, int min, int max) {
  const auto number = takeNumber(text, 2);
  return number && *number >= min && *number <= max;
}
bool takeZone(std::string_view& text) {
  if (takeIf(text, 'Z')) return true;
  if (text.size() != 6 || !isSign(text[0]) || text[3] != ':') return false;
  text.remove_prefix(1);
  return takeField(text, 0, 24) && takeIf(text, ':') && takeField(text, 0, 60);
}

}  // namespace

// 2006-1-2, optionally with a time: behind 'T' or 't' with a zone, behind a space without.
bool isTimestamp(std::string_view text) {
  const size_t before = text.size();
  const auto year = takeNumber(text, 5);
  if (!year || before - text.size() != 4 || !takeIf(text, '-')) return false;
  const auto month = takeNumber(text, 2);
  if (!month || *month < 1 || *month > 12 || !takeIf(text, '-')) return false;
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = *year % 4 == 0 && (*year % 100 != 0 || *year % 400 == 0);
  if (!takeField(text, 1, kDays[*month - 1] + (*month == 2 && leap ? 1 : 0))) return false;
  if (text.empty()) return true;
  const bool zone = text[0] == 'T' || text[0] == 't';
  if (!zone && text[0] != ' ') return false;
  text.remove_prefix(1);
  if (!takeField(text, 0, 23) || !takeIf(text, ':') || !takeField(text, 0, 59) ||
      !takeIf(text, ':') || !takeField(text, 0, 59)) {
    return false;
  }
  if (text.size() > 1 && (text[0] == '.' || text[0] == ',') && isDigit(text[1])) {
    const size_t end = text.find_first_not_of("0123456789", 1);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end);
  }
  if (zone && !takeZone(text)) return false;
  return text.empty();
}

std::string formatG(double d, bool single) {
  if (single) d = static_cast<double>(static_cast<float>(d));  // may become infinite
  if (!std::isfinite(d)) return std::isnan(d) ? ".nan" : d > 0 ? ".inf" : "-.inf";
  char text[64];
  const auto convert = [&](std::chars_format format) {
    char* end = text + sizeof text;
    end = single ? std::to_chars(text, end, static_cast<float>(d), format).ptr
                 : std::to_chars(text, end, d, format).ptr;
    return std::string(text, end);
  };
  std::string exponent = convert(std::chars_format::scientific);
  const size_t e = exponent.find('e');
  const char* digits = exponent.c_str() + e + (exponent[e + 1] == '+' ? 2 : 1);
  int power = 0;
  std::from_chars(digits, exponent.c_str() + exponent.size(), power);
  return power < -4 || power >= 6 ? exponent : convert(std::chars_format::fixed);
}

}  // namespace meshka::doc
