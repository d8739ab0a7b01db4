#include "cli/host/ranges.h"

#include <algorithm>

#include "base/strings.h"
#include "doc/json.h"

namespace meshka::cli::host {
namespace {

uint32_t maskOf(uint32_t prefix) {
  return prefix == 0 ? 0 : ~uint32_t{0} << (32 - prefix);
}

}  // namespace

std::optional<Range> parseRange(std::string_view text) {
  Range range;
  if (const size_t slash = text.find('/'); slash != text.npos) {
    const auto prefix = parseInt(text.substr(slash + 1));
    if (!prefix || *prefix < 0 || *prefix > 32) return std::nullopt;
    range.prefix = static_cast<uint32_t>(*prefix);
    text = text.substr(0, slash);
  }
  const auto parts = split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  for (const std::string_view part : parts) {
    const auto byte = parseInt(part);
    if (!byte || *byte < 0 || *byte > 255) return std::nullopt;
    range.base = range.base << 8 | static_cast<uint32_t>(*byte);
  }
  range.base &= maskOf(range.prefix);
  return range;
}

std::string addressText(uint32_t address) {
  return cat(address >> 24, ".", address >> 16 & 255, ".", address >> 8 & 255, ".", address & 255);
}
std::string toString(const Range& range) {
  return cat(addressText(range.base), "/", range.prefix);
}

bool overlap(const Range& a, const Range& b) {
  const uint32_t mask = maskOf(std::min(a.prefix, b.prefix));
  return (a.base & mask) == (b.base & mask);
}

Result<std::vector<Range>> takenRanges(std::string_view routes_json,
                                       std::string_view addresses_json) {
  std::vector<Range> taken;
  MESHKA_TRY(const doc::Doc routes, doc::parseJson(trim(routes_json).empty() ? "[]" : routes_json));
  for (const doc::Value route : routes.value().elements()) {
    const auto range = parseRange(route["dst"].text());
    if (range && range->prefix != 0) taken.push_back(*range);
  }
  MESHKA_TRY(const doc::Doc links,
             doc::parseJson(trim(addresses_json).empty() ? "[]" : addresses_json));
  for (const doc::Value link : links.value().elements())
    for (const doc::Value address : link["addr_info"].elements())
      if (const auto range =
              parseRange(cat(address["local"].text(), "/", address["prefixlen"].integer(32))))
        taken.push_back(*range);
  return taken;
}

std::optional<Range> firstFree(uint32_t base, uint32_t prefix, uint32_t count,
                               const std::vector<Range>& taken) {
  for (uint32_t i = 0; i < count; ++i) {
    const Range range{.base = base + (i << (32 - prefix)), .prefix = prefix};
    if (std::ranges::none_of(taken, [&](const Range& other) { return overlap(range, other); }))
      return range;
  }
  return std::nullopt;
}

}  // namespace meshka::cli::host
