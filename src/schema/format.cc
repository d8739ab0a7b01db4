#include "schema/format.h"

#include <cctype>
#include <cstdio>

#include "base/strings.h"

namespace meshka::schema {
namespace {

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}
bool isHex(char c) {
  return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// The decimal number of exactly `digits` digits at `at`; -1 when there is none.
int number(std::string_view text, size_t at, size_t digits) {
  if (at + digits > text.size()) return -1;
  int value = 0;
  for (size_t i = at; i < at + digits; i++) {
    if (!isDigit(text[i])) return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

bool isLeap(int64_t year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int daysIn(int month, int64_t year) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && isLeap(year) ? 29 : kDays[month - 1];
}

// Days since 1970-01-01 (proleptic Gregorian calendar).
int64_t daysFromCivil(int64_t y, int m, int d) {
  y -= m <= 2;
  int64_t era = (y >= 0 ? y : y - 399) / 400;
  int64_t yoe = y - era * 400;
  int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + doe - 719468;
}

bool isDate(std::string_view t) {
  int year = number(t, 0, 4), month = number(t, 5, 2), day = number(t, 8, 2);
  return t.size() >= 10 && t[4] == '-' && t[7] == '-' && year >= 0 && month >= 1 && month <= 12 &&
         day >= 1 && day <= daysIn(month, year);
}

bool isUuid(std::string_view t) {
  // Hyphens are optional, as in the API server's check.
  size_t digits = 0;
  for (size_t i = 0; i < t.size(); i++) {
    if (t[i] == '-') {
      if (t.size() != 36 || (i != 8 && i != 13 && i != 18 && i != 23)) return false;
    } else if (!isHex(t[i])) {
      return false;
    } else {
      digits++;
    }
  }
  return digits == 32;
}

bool isHostname(std::string_view t) {
  if (t.empty() || t.size() > 255) return false;
  for (std::string_view label : split(t, '.')) {
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
      return false;
    for (char c : label) {
      if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_') return false;
    }
  }
  return true;
}

// Go's duration: "1h30m", "1.5s", "-2ms", "0".
bool isDuration(std::string_view t) {
  if (!t.empty() && (t[0] == '-' || t[0] == '+')) t.remove_prefix(1);
  if (t == "0") return true;
  if (t.empty()) return false;
  while (!t.empty()) {
    size_t digits = 0;
    while (digits < t.size() && (isDigit(t[digits]) || t[digits] == '.')) digits++;
    if (digits == 0 || (digits == 1 && t[0] == '.')) return false;
    t.remove_prefix(digits);
    bool unit = false;
    for (std::string_view name : {"ns", "us", "µs", "ms", "s", "m", "h"}) {
      if (!t.starts_with(name)) continue;
      t.remove_prefix(name.size());
      unit = true;
      break;
    }
    if (!unit) return false;
  }
  return true;
}

bool isMac(std::string_view t) {
  if (t.size() != 17) return false;
  for (size_t i = 0; i < 17; i++) {
    if (i % 3 == 2 ? (t[i] != ':' && t[i] != '-') : !isHex(t[i])) return false;
  }
  return true;
}

bool isUri(std::string_view t) {
  size_t colon = t.find(':');
  if (t.starts_with('/')) return true;
  if (colon == std::string_view::npos || colon == 0 ||
      !std::isalpha(static_cast<unsigned char>(t[0])))
    return false;
  return t.find_first_of(" \t\r\n<>") == std::string_view::npos;
}

bool isEmail(std::string_view t) {
  size_t at = t.rfind('@');
  return at != std::string_view::npos && at > 0 && isHostname(t.substr(at + 1)) &&
         t.substr(0, at).find_first_of(" \t<>") == std::string_view::npos;
}

}  // namespace

bool parseDateTime(std::string_view t, int64_t& seconds, int32_t& nanos) {
  if (t.size() < 20 || !isDate(t) || (t[10] != 'T' && t[10] != 't') || t[13] != ':' || t[16] != ':')
    return false;
  int hour = number(t, 11, 2), minute = number(t, 14, 2), second = number(t, 17, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return false;
  size_t at = 19;
  nanos = 0;
  if (t[at] == '.') {
    int32_t scale = 100000000;
    size_t first = ++at;
    for (; at < t.size() && isDigit(t[at]); at++, scale /= 10) nanos += (t[at] - '0') * scale;
    if (at == first) return false;
  }
  int64_t offset = 0;
  if (at + 1 == t.size() && (t[at] == 'Z' || t[at] == 'z')) {
    offset = 0;
  } else if (at + 6 == t.size() && (t[at] == '+' || t[at] == '-') && t[at + 3] == ':') {
    int h = number(t, at + 1, 2), m = number(t, at + 4, 2);
    if (h < 0 || h > 23 || m < 0 || m > 59) return false;
    offset = (h * 3600 + m * 60) * (t[at] == '-' ? -1 : 1);
  } else {
    return false;
  }
  int64_t days = daysFromCivil(number(t, 0, 4), number(t, 5, 2), number(t, 8, 2));
  seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset;
  return true;
}

std::string formatDateTime(int64_t seconds, int32_t nanos, bool micros) {
  int64_t days = seconds / 86400, rest = seconds % 86400;
  if (rest < 0) {
    rest += 86400;
    days--;
  }
  days += 719468;
  int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  int64_t doe = days - era * 146097;
  int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  int64_t mp = (5 * doy + 2) / 153;
  int64_t day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9;
  int64_t year = yoe + era * 400 + (month <= 2);
  char buffer[64];
  int n = std::snprintf(buffer, sizeof buffer, "%04lld-%02lld-%02lldT%02lld:%02lld:%02lld",
                        static_cast<long long>(year), static_cast<long long>(month),
                        static_cast<long long>(day), static_cast<long long>(rest / 3600),
                        static_cast<long long>(rest / 60 % 60), static_cast<long long>(rest % 60));
  std::string out(buffer, static_cast<size_t>(n));
  if (micros) {
    std::snprintf(buffer, sizeof buffer, ".%06d", nanos / 1000);
    out += buffer;
  }
  return out + "Z";
}

bool isDateTime(std::string_view text) {
  int64_t seconds;
  int32_t nanos;
  return parseDateTime(text, seconds, nanos);
}

bool isQuantity(std::string_view t) {
  if (!t.empty() && (t[0] == '+' || t[0] == '-')) t.remove_prefix(1);
  size_t digits = 0, dots = 0, at = 0;
  for (; at < t.size() && (isDigit(t[at]) || t[at] == '.'); at++) (t[at] == '.' ? dots : digits)++;
  if (digits == 0 || dots > 1) return false;
  std::string_view suffix = t.substr(at);
  for (std::string_view known :
       {"", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"}) {
    if (suffix == known) return true;
  }
  if (suffix[0] != 'e' && suffix[0] != 'E') return false;
  suffix.remove_prefix(1);
  if (!suffix.empty() && (suffix[0] == '+' || suffix[0] == '-')) suffix.remove_prefix(1);
  return !suffix.empty() && suffix.size() <= 4 &&
         suffix.find_first_not_of("0123456789") == std::string_view::npos;
}

bool isIpv4(std::string_view text) {
  std::vector<std::string_view> parts = split(text, '.');
  if (parts.size() != 4) return false;
  for (std::string_view part : parts) {
    if (part.empty() || part.size() > 3 || (part.size() > 1 && part[0] == '0')) return false;
    int value = number(part, 0, part.size());
    if (value < 0 || value > 255) return false;
  }
  return true;
}

bool isIpv6(std::string_view text) {
  if (text.find(':') == std::string_view::npos || text.find(":::") != std::string_view::npos)
    return false;
  size_t gap = text.find("::");
  if (gap != std::string_view::npos && text.find("::", gap + 1) != std::string_view::npos)
    return false;
  if ((text.starts_with(':') && !text.starts_with("::")) ||
      (text.ends_with(':') && !text.ends_with("::")))
    return false;
  size_t groups = 0;
  std::vector<std::string_view> parts = split(text, ':');
  for (size_t i = 0; i < parts.size(); i++) {
    if (parts[i].empty()) continue;
    if (i + 1 == parts.size() && parts[i].find('.') != std::string_view::npos) {
      if (!isIpv4(parts[i])) return false;
      groups += 2;
      continue;
    }
    if (parts[i].size() > 4) return false;
    for (char c : parts[i]) {
      if (!isHex(c)) return false;
    }
    groups++;
  }
  return gap == std::string_view::npos ? groups == 8 : groups < 8;
}

bool isCidr(std::string_view text) {
  size_t slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  std::optional<int64_t> bits = parseInt(text.substr(slash + 1));
  std::string_view address = text.substr(0, slash);
  if (!bits || *bits < 0 || text[slash + 1] == '+') return false;
  return (isIpv4(address) && *bits <= 32) || (isIpv6(address) && *bits <= 128);
}

bool matchesFormat(std::string_view format, std::string_view text) {
  if (format == "date-time" || format == "datetime") return isDateTime(text);
  if (format == "date") return text.size() == 10 && isDate(text);
  if (format == "byte") return base64Decode(text).has_value();
  if (format == "ipv4") return isIpv4(text);
  if (format == "ipv6") return isIpv6(text);
  if (format == "cidr") return isCidr(text);
  if (format == "uuid" || format == "uuid3" || format == "uuid4" || format == "uuid5")
    return isUuid(text);
  if (format == "hostname") return isHostname(text);
  if (format == "duration") return isDuration(text);
  if (format == "mac") return isMac(text);
  if (format == "uri") return isUri(text);
  if (format == "email") return isEmail(text);
  return true;
}

}  // namespace meshka::schema
