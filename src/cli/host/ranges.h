// Chooses address ranges by looking at what the machine already routes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace meshka::cli::host {

struct Range {
  uint32_t base = 0;  // host byte order
  uint32_t prefix = 32;
  bool operator==(const Range&) const = default;
};

std::optional<Range> parseRange(std::string_view text);  // "10.0.0.0/8", "10.0.0.1" (a /32)
std::string toString(const Range& range);
std::string addressText(uint32_t address);
bool overlap(const Range& a, const Range& b);

// The IPv4 destinations of `ip -j route show table all` and the addresses of `ip -j -4 addr`;
// default routes are not ranges. Errors: kInvalid (not the JSON that ip prints).
Result<std::vector<Range>> takenRanges(std::string_view routes_json,
                                       std::string_view addresses_json);

// The first of `count` ranges of size `prefix` from `base` on that overlaps none of `taken`.
std::optional<Range> firstFree(uint32_t base, uint32_t prefix, uint32_t count,
                               const std::vector<Range>& taken);

}  // namespace meshka::cli::host
