#include "node/network/address.h"

#include "base/strings.h"

namespace meshka::node {

std::optional<uint32_t> parseIpv4(std::string_view text) {
  const auto parts = split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  uint32_t out = 0;
  for (const std::string_view part : parts) {
    const auto n = parseInt(part);
    if (!n || *n < 0 || *n > 255 || part.size() > 3 || part[0] == '+') return std::nullopt;
    out = out << 8 | static_cast<uint32_t>(*n);
  }
  return out;
}

std::string ipv4Text(uint32_t a) {
  return cat(a >> 24, ".", a >> 16 & 255, ".", a >> 8 & 255, ".", a & 255);
}

std::optional<Cidr> parseCidr(std::string_view text) {
  const size_t slash = text.find('/');
  const auto base = parseIpv4(text.substr(0, slash));
  if (!base) return std::nullopt;
  if (slash == std::string_view::npos) return Cidr{*base, 32};
  const auto bits = parseInt(text.substr(slash + 1));
  if (!bits || *bits < 0 || *bits > 32) return std::nullopt;
  const uint32_t mask = *bits == 0 ? 0 : ~uint32_t{0} << (32 - *bits);
  return Cidr{*base & mask, static_cast<int>(*bits)};
}

std::string toString(const Cidr& cidr) {
  return cat(ipv4Text(cidr.base), "/", cidr.bits);
}

}  // namespace meshka::node
