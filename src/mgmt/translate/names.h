// Names and addresses of what the management plane writes. Deterministic, and independent of the
// order in which things appear.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "mgmt/translate/translate.h"

namespace meshka::mgmt {

// Anchored; '*' stands for any text. Nothing else is special.
bool globMatches(std::string_view pattern, std::string_view text);
// Both by canonical form; the pattern may hold '*'.
bool clusterMatches(std::string_view pattern, const std::string& name, const std::string& given);

// A label value: at most 63 characters; what is longer is cut and hashed as names are.
std::string labelValue(std::string_view text);
// "HOST-WITH-DASHES-cut-HASH": names of DestinationRules, one per host in a namespace.
std::string hashedName(std::string_view visible, std::string_view whole);

// FNV-1, 32 bits, over the bytes.
uint32_t fnv1(std::string_view bytes);

// Stable addresses of 240.0.0.0/4 for hosts that have none. The same text gives the same address
// unless another one took it first, so callers ask in an order that does not depend on the input's.
class Addresses {
 public:
  std::string of(std::string_view kind, std::string_view host, std::string_view ns,
                 std::string_view cluster);

 private:
  std::set<uint32_t> taken_;
};

}  // namespace meshka::mgmt
