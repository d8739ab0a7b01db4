#include "base/time.h"

#include <cstdio>

#include "base/strings.h"

namespace meshka {
namespace {

// Days since 1970-01-01 of a Gregorian date and back (the usual era arithmetic, valid for all int64 seconds we meet).
int64_t daysFromCivil(int64_t y, unsigned m, unsigned d) {
  y -= m <= 2;
  const int64_t era = (y >= 0 ? y : y - 399) / 400;
  const auto yoe = static_cast<unsigned>(y - era * 400);
  const unsigned doy = (153 * (m + (m > 2 ? -3u : 9u)) + 2) / 5 + d - 1;
  const unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + static_cast<int64_t>(doe) - 719468;
}

struct Civil {
  int64_t year;
  unsigned month, day, hour, minute, second;
  int64_t nanos;
};

Civil toCivil(WallTime t) {
  int64_t s = t.unix_ns / 1'000'000'000;
  int64_t nanos = t.unix_ns % 1'000'000'000;
  if (nanos < 0) {
    nanos += 1'000'000'000;
    --s;
  }
  int64_t days = s / 86400;
  int64_t rest = s % 86400;
  if (rest < 0) {
    rest += 86400;
    --days;
  }
  days += 719468;
  const int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const auto doe = static_cast<unsigned>(days - era * 146097);
  const unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const unsigned mp = (5 * doy + 2) / 153;
  const unsigned month = mp < 10 ? mp + 3 : mp - 9;
  return {static_cast<int64_t>(yoe) + era * 400 + (month <= 2 ? 1 : 0), month, doy - (153 * mp + 2) / 5 + 1,
          static_cast<unsigned>(rest / 3600), static_cast<unsigned>(rest / 60 % 60),
          static_cast<unsigned>(rest % 60), nanos};
}

std::string format(WallTime t, int digits) {
  const Civil c = toCivil(t);
  char text[64];
  int n = std::snprintf(text, sizeof text, "%04lld-%02u-%02uT%02u:%02u:%02u", static_cast<long long>(c.year), c.month,
                        c.day, c.hour, c.minute, c.second);
  if (digits == 6) n += std::snprintf(text + n, sizeof text - n, ".%06lld", static_cast<long long>(c.nanos / 1000));
  if (digits == 9) n += std::snprintf(text + n, sizeof text - n, ".%09lld", static_cast<long long>(c.nanos));
  return std::string(text, n) + "Z";
}

// Reads exactly `width` digits from the front of text.
bool takeDigits(std::string_view& text, size_t width, unsigned& out) {
  if (text.size() < width) return false;
  out = 0;
  for (size_t i = 0; i < width; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    out = out * 10 + static_cast<unsigned>(text[i] - '0');
  }
  text.remove_prefix(width);
  return true;
}

bool takeChar(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string toRfc3339(WallTime t) { return format(t, 0); }
std::string toRfc3339Micro(WallTime t) { return format(t, 6); }
std::string toRfc3339Nano(WallTime t) { return format(t, 9); }

Result<WallTime> parseRfc3339(std::string_view text) {
  const std::string_view original = text;
  const auto bad = [&] { return fail(Code::kInvalid, cat("\"", original, "\" is not an RFC 3339 time")); };
  unsigned year, month, day, hour, minute, second;
  if (!takeDigits(text, 4, year) || !takeChar(text, '-') || !takeDigits(text, 2, month) || !takeChar(text, '-') ||
      !takeDigits(text, 2, day) || !(takeChar(text, 'T') || takeChar(text, 't')) || !takeDigits(text, 2, hour) ||
      !takeChar(text, ':') || !takeDigits(text, 2, minute) || !takeChar(text, ':') || !takeDigits(text, 2, second)) {
    return bad();
  }
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return bad();
  if (year < 1678 || year > 2261) return bad();  // what nanoseconds in 64 bits can hold
  int64_t nanos = 0;
  if (takeChar(text, '.')) {
    int64_t scale = 100'000'000;
    bool any = false;
    while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
      nanos += (text[0] - '0') * scale;
      scale /= 10;
      any = true;
      text.remove_prefix(1);
    }
    if (!any) return bad();
  }
  int64_t offset_s = 0;
  if (!takeChar(text, 'Z') && !takeChar(text, 'z')) {
    const bool minus = !text.empty() && text[0] == '-';
    unsigned oh, om;
    if (!(takeChar(text, '-') || takeChar(text, '+')) || !takeDigits(text, 2, oh) || !takeChar(text, ':') ||
        !takeDigits(text, 2, om) || oh > 23 || om > 59) {
      return bad();
    }
    offset_s = static_cast<int64_t>(oh * 3600 + om * 60) * (minus ? -1 : 1);
  }
  if (!text.empty()) return bad();
  const int64_t s = daysFromCivil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset_s;
  return WallTime{s * 1'000'000'000 + nanos};
}

Result<Duration> parseDuration(std::string_view text) {
  const std::string_view original = text;
  const auto bad = [&] { return fail(Code::kInvalid, cat("\"", original, "\" is not a duration such as 30s or 1h15m")); };
  const bool minus = takeChar(text, '-');
  if (!minus) takeChar(text, '+');
  if (text == "0") return Duration{};
  if (text.empty()) return bad();
  double total = 0;
  while (!text.empty()) {
    double number = 0;
    double scale = 0;
    bool any = false;
    while (!text.empty() && ((text[0] >= '0' && text[0] <= '9') || (text[0] == '.' && scale == 0))) {
      if (text[0] == '.') {
        scale = 1;
      } else if (scale > 0) {
        scale /= 10;
        number += (text[0] - '0') * scale;
        any = true;
      } else {
        number = number * 10 + (text[0] - '0');
        any = true;
      }
      text.remove_prefix(1);
    }
    struct Unit {
      std::string_view name;
      double ns;
    };
    static constexpr Unit kUnits[] = {{"ns", 1},   {"us", 1e3}, {"\xc2\xb5s", 1e3}, {"ms", 1e6},
                                      {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
    const Unit* unit = nullptr;
    for (const Unit& u : kUnits) {
      if (text.starts_with(u.name) && (unit == nullptr || u.name.size() > unit->name.size())) unit = &u;
    }
    if (!any || unit == nullptr) return bad();
    text.remove_prefix(unit->name.size());
    total += number * unit->ns;
  }
  if (total > 9.2e18) return bad();
  const auto ns = static_cast<int64_t>(total + 0.5);
  return Duration{minus ? -ns : ns};
}

std::string toString(Duration d) {
  if (d.ns == 0) return "0s";
  std::string out = d.ns < 0 ? "-" : "";
  uint64_t ns = d.ns < 0 ? -static_cast<uint64_t>(d.ns) : static_cast<uint64_t>(d.ns);
  if (ns < 1'000'000'000) {
    const bool ms = ns >= 1'000'000;
    const bool us = ns >= 1'000;
    char text[32];
    std::snprintf(text, sizeof text, "%g", static_cast<double>(ns) / (ms ? 1e6 : us ? 1e3 : 1));
    return out + text + (ms ? "ms" : us ? "us" : "ns");
  }
  const uint64_t total_s = ns / 1'000'000'000;
  if (total_s >= 3600) out += cat(total_s / 3600, "h");
  if (total_s >= 60) out += cat(total_s / 60 % 60, "m");
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", static_cast<double>(total_s % 60) + static_cast<double>(ns % 1'000'000'000) / 1e9);
  return out + text + "s";
}

}  // namespace meshka
