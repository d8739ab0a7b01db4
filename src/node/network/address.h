// IPv4 addresses and ranges as numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meshka::node {

std::optional<uint32_t> parseIpv4(std::string_view text);
std::string ipv4Text(uint32_t address);

struct Cidr {
  uint32_t base = 0;  // host bits are 0
  int bits = 32;
  uint64_t size() const { return uint64_t{1} << (32 - bits); }
  bool contains(uint32_t address) const { return address >= base && address - base < size(); }
};
// "10.0.0.0/8" (host bits are dropped), or an address alone.
std::optional<Cidr> parseCidr(std::string_view text);
std::string toString(const Cidr& cidr);

}  // namespace meshka::node
