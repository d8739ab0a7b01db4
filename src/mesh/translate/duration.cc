// Go's duration syntax, which is also what protobuf JSON's "2s" and "0.5s" are a part of.
#include "mesh/translate/duration.h"

#include <cmath>

#include "base/strings.h"

namespace meshka::mesh {
namespace {

struct Unit {
  std::string_view name;
  double nanos;
};
constexpr Unit kUnits[] = {{"ns", 1},  {"us", 1e3}, {"ms", 1e6},
                           {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};

}  // namespace

std::optional<int64_t> durationNanos(std::string_view text) {
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    const size_t digits = text.find_first_not_of("0123456789.");
    if (digits == 0 || digits == std::string_view::npos) return std::nullopt;
    const auto number = parseDouble(text.substr(0, digits));
    text.remove_prefix(digits);
    const std::string_view unit = text.substr(0, text.find_first_of("0123456789."));
    text.remove_prefix(unit.size());
    double nanos = 0;
    for (const Unit& known : kUnits) {
      if (unit == known.name) nanos = known.nanos;
    }
    if (!number || nanos == 0) return std::nullopt;
    total += *number * nanos;
  }
  if (total > 9e18) return std::nullopt;
  return static_cast<int64_t>(std::llround(total));
}

std::optional<std::string> durationText(doc::Value value) {
  const auto nanos = durationNanos(value.text());
  if (!nanos) return std::nullopt;
  const int64_t seconds = *nanos / 1'000'000'000;
  const int64_t rest = *nanos % 1'000'000'000;
  if (rest == 0) return cat(seconds, "s");
  std::string fraction = cat(1'000'000'000 + rest).substr(1);
  while (fraction.ends_with("000")) fraction.resize(fraction.size() - 3);
  return cat(seconds, ".", fraction, "s");
}

std::optional<int64_t> durationSeconds(doc::Value value) {
  const auto nanos = durationNanos(value.text());
  if (!nanos) return std::nullopt;
  return *nanos / 1'000'000'000;
}

}  // namespace meshka::mesh
