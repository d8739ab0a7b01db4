// Forms of addresses and names in Istio's objects.
#pragma once

#include <string_view>

namespace meshka::mesh {

bool isIp(std::string_view text);
bool isCidr(std::string_view text);  // "10.0.0.0/8"; an address alone does not count
// RFC 1123 label.
bool isLabelName(std::string_view text);
// Labels joined by dots, at most 255; no wildcard.
bool isFqdn(std::string_view text);
// The same, or "*", or "*." before it.
bool isWildcardDomain(std::string_view text);

}  // namespace meshka::mesh
