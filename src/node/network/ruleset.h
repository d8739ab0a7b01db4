// nftables rules of the node as a value: sets, maps and chains of one table, with stable names. Two
// values give the smallest transaction that leads from one to the other, so a changed endpoint
// costs a line and not the whole table.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace meshka::node {

struct RuleSet {
  struct Chain {
    std::string hook;  // "type nat hook prerouting priority dstnat; policy accept;", empty: a chain
                       // to jump to
    std::vector<std::string> rules;
    bool operator==(const Chain&) const = default;
  };
  struct Set {
    std::string definition;  // "type ipv4_addr . ipv4_addr;"
    bool is_map = false;
    std::map<std::string, std::string> elements;  // key -> value; sets: value ""
    bool operator==(const Set&) const = default;
  };
  std::map<std::string, Chain> chains;
  std::map<std::string, Set> sets;
  bool operator==(const RuleSet&) const = default;
};

constexpr std::string_view kTable = "ip meshka";

// Replaces whatever the table holds.
std::string fullProgram(const RuleSet& rules);
// From what was loaded last to `to`; empty when they are equal.
std::string deltaProgram(const RuleSet& from, const RuleSet& to);

}  // namespace meshka::node
