#include "api/quantity.h"

#include <algorithm>
#include <optional>

#include "base/strings.h"
#include "doc/json.h"

namespace meshka::api {
namespace {

constexpr __int128 kNano = 1'000'000'000;
constexpr __int128 kMax = kNano * kNano * kNano * kNano;  // 10^27 units

__int128 clamp(__int128 n) {
  return std::clamp(n, -kMax, kMax);
}

// n * 10^exponent, away from zero when digits are lost, saturating.
__int128 scale10(__int128 n, int exponent) {
  for (; exponent > 0 && n != 0; --exponent) {
    if (n > kMax / 10 || n < -kMax / 10) return n > 0 ? kMax : -kMax;
    n *= 10;
  }
  for (bool lost = false; exponent < 0; ++exponent) {
    const __int128 rest = n % 10;
    n /= 10;
    lost = lost || rest != 0;
    if (exponent == -1 && lost) n += rest < 0 || n < 0 ? -1 : 1;
    if (n == 0 && !lost) break;
  }
  return n;
}

struct Suffix {
  int exponent10 = 0;
  int exponent2 = 0;
  Quantity::Format format = Quantity::Format::kDecimal;
};

std::optional<Suffix> parseSuffix(std::string_view s) {
  constexpr std::pair<std::string_view, int> kDecimal[] = {
      {"n", -9}, {"u", -6}, {"m", -3}, {"", 0},   {"k", 3},
      {"M", 6},  {"G", 9},  {"T", 12}, {"P", 15}, {"E", 18}};
  constexpr std::pair<std::string_view, int> kBinary[] = {{"Ki", 10}, {"Mi", 20}, {"Gi", 30},
                                                          {"Ti", 40}, {"Pi", 50}, {"Ei", 60}};
  for (const auto& [text, exponent] : kDecimal) {
    if (s == text) return Suffix{.exponent10 = exponent};
  }
  for (const auto& [text, exponent] : kBinary) {
    if (s == text) return Suffix{.exponent2 = exponent, .format = Quantity::Format::kBinary};
  }
  if (s.size() < 2 || (s[0] != 'e' && s[0] != 'E')) return std::nullopt;
  s.remove_prefix(1);
  if (s[0] == '+') s.remove_prefix(1);
  const auto exponent = parseInt(s);
  if (!exponent || *exponent > 1000 || *exponent < -1000) return std::nullopt;
  return Suffix{.exponent10 = static_cast<int>(*exponent), .format = Quantity::Format::kExponent};
}

std::string decimalText(__int128 n) {
  std::string out;
  const bool negative = n < 0;
  if (negative) n = -n;
  do {
    out += static_cast<char>('0' + static_cast<int>(n % 10));
    n /= 10;
  } while (n != 0);
  if (negative) out += '-';
  std::reverse(out.begin(), out.end());
  return out;
}

// Away from zero.
__int128 ceilDivide(__int128 n, __int128 by) {
  return n / by + (n % by > 0 ? 1 : n % by < 0 ? -1 : 0);
}
int64_t toInt64(__int128 n) {
  return static_cast<int64_t>(std::clamp<__int128>(n, INT64_MIN, INT64_MAX));
}

}  // namespace

Quantity Quantity::ofValue(int64_t value, Format format) {
  Quantity q;
  q.nano_ = clamp(value * kNano);
  q.format_ = format;
  return q;
}
Quantity Quantity::ofMilli(int64_t milli, Format format) {
  Quantity q;
  q.nano_ = milli * (kNano / 1000);
  q.format_ = format;
  return q;
}

Result<Quantity> Quantity::parse(std::string_view text) {
  const auto refuse = [](std::string_view why) { return fail(Code::kInvalid, std::string(why)); };
  constexpr std::string_view kShape =
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  const size_t end = std::min(rest.find_first_not_of("0123456789."), rest.size());
  const std::string_view number = rest.substr(0, end);
  const size_t dot = number.find('.');
  if (number.find_first_of("0123456789") == std::string_view::npos ||
      (dot != std::string_view::npos && number.find('.', dot + 1) != std::string_view::npos)) {
    return refuse(kShape);
  }
  const auto suffix = parseSuffix(rest.substr(end));
  if (!suffix) {
    const bool letters =
        rest.find_first_not_of("eEinumkKMGTP+-0123456789", end) == std::string_view::npos;
    return refuse(letters ? "unable to parse quantity's suffix" : kShape);
  }
  __int128 mantissa = 0;
  int exponent = suffix->exponent10 + 9;
  bool fraction = false;
  bool lost = false;
  for (const char c : number) {
    if (c == '.') {
      fraction = true;
      continue;
    }
    if (mantissa > kMax / 10) {  // further digits only move the point
      if (!fraction) ++exponent;
      lost = lost || c != '0';
      continue;
    }
    mantissa = mantissa * 10 + (c - '0');
    if (fraction) --exponent;
  }
  // A binary suffix first: its factor may make digits behind the point whole.
  for (int i = 0; i < suffix->exponent2; ++i) {
    if (mantissa > kMax) {
      mantissa = ceilDivide(mantissa, 10);
      ++exponent;
    }
    mantissa *= 2;
  }
  Quantity q;
  q.nano_ = scale10(mantissa + (lost ? 1 : 0), exponent);
  if (suffix->format == Format::kBinary) q.nano_ = std::min(q.nano_, INT64_MAX * kNano);
  if (negative) q.nano_ = -q.nano_;
  q.format_ = suffix->format;
  return q;
}

Quantity Quantity::of(doc::Value value) {
  if (!value.isString() && !value.isNumber()) return {};
  return parse(value.isString() ? std::string(value.text()) : doc::toJson(value))
      .value_or(Quantity());
}

int64_t Quantity::value() const {
  return toInt64(ceilDivide(nano_, kNano));
}
int64_t Quantity::milliValue() const {
  return toInt64(ceilDivide(nano_, kNano / 1000));
}

Quantity Quantity::operator+(const Quantity& o) const {
  Quantity q = isZero() ? o : *this;
  q.nano_ = clamp(nano_ + o.nano_);
  return q;
}
Quantity Quantity::operator-() const {
  Quantity q = *this;
  q.nano_ = -nano_;
  return q;
}
Quantity Quantity::operator-(const Quantity& o) const {
  return *this + -o;
}

std::string Quantity::toString() const {
  if (nano_ == 0) return "0";
  const __int128 size = nano_ < 0 ? -nano_ : nano_;
  if (format_ == Format::kBinary && size >= 1024 * kNano && size % kNano == 0) {
    constexpr std::string_view kSuffixes[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
    __int128 whole = size / kNano;
    size_t power = 0;
    for (; power < 6 && whole % 1024 == 0; ++power) whole /= 1024;
    return cat(nano_ < 0 ? "-" : "", decimalText(whole), kSuffixes[power]);
  }
  __int128 mantissa = nano_;
  int exponent = -9;
  for (; exponent < 18 && mantissa % 1000 == 0; exponent += 3) mantissa /= 1000;
  if (format_ == Format::kExponent) {
    return exponent == 0 ? decimalText(mantissa) : cat(decimalText(mantissa), "e", exponent);
  }
  constexpr std::string_view kSuffixes[] = {"n", "u", "m", "", "k", "M", "G", "T", "P", "E"};
  return cat(decimalText(mantissa), kSuffixes[(exponent + 9) / 3]);
}

}  // namespace meshka::api
