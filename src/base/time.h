// Points in time and lengths of time. Monotonic and wall time are different types; neither can be read here: a Clock
// (io/clock.h) is passed in. <chrono> is avoided in interfaces because it costs a third of a second a file.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace meshka {

struct Duration {
  int64_t ns = 0;
  auto operator<=>(const Duration&) const = default;
  constexpr Duration operator+(Duration o) const { return {ns + o.ns}; }
  constexpr Duration operator-(Duration o) const { return {ns - o.ns}; }
  constexpr Duration operator*(int64_t k) const { return {ns * k}; }
  constexpr Duration operator/(int64_t k) const { return {ns / k}; }
  constexpr int64_t ms() const { return ns / 1'000'000; }
  constexpr double seconds() const { return static_cast<double>(ns) / 1e9; }
};
constexpr Duration micros(int64_t n) { return {n * 1'000}; }
constexpr Duration millis(int64_t n) { return {n * 1'000'000}; }
constexpr Duration seconds(int64_t n) { return {n * 1'000'000'000}; }
constexpr Duration minutes(int64_t n) { return seconds(n * 60); }
constexpr Duration hours(int64_t n) { return minutes(n * 60); }

// Go's duration form, as Kubernetes and Istio objects use it: "1h30m", "250ms", "1.5s". Errors: kInvalid.
Result<Duration> parseDuration(std::string_view text);
std::string toString(Duration d);

// Monotonic time of one Clock.
struct Instant {
  int64_t ns = 0;
  auto operator<=>(const Instant&) const = default;
  constexpr Instant operator+(Duration d) const { return {ns + d.ns}; }
  constexpr Instant operator-(Duration d) const { return {ns - d.ns}; }
  constexpr Duration operator-(Instant o) const { return {ns - o.ns}; }
};
constexpr Instant kNever{INT64_MAX};

// Nanoseconds since 1970 UTC.
struct WallTime {
  int64_t unix_ns = 0;
  auto operator<=>(const WallTime&) const = default;
  constexpr WallTime operator+(Duration d) const { return {unix_ns + d.ns}; }
  constexpr WallTime operator-(Duration d) const { return {unix_ns - d.ns}; }
  constexpr Duration operator-(WallTime o) const { return {unix_ns - o.unix_ns}; }
  constexpr int64_t unixSeconds() const { return unix_ns / 1'000'000'000; }
};
// RFC 3339 in UTC, whole seconds ("2026-11-23T01:02:03Z", metav1.Time) or microseconds (metav1.MicroTime).
std::string toRfc3339(WallTime t);
std::string toRfc3339Micro(WallTime t);
// Nanoseconds, as CRI log lines have them.
std::string toRfc3339Nano(WallTime t);
// Any offset and fraction. Errors: kInvalid.
Result<WallTime> parseRfc3339(std::string_view text);

}  // namespace meshka
