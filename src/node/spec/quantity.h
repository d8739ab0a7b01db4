// Kubernetes quantities ("500m", "1.5", "128Mi", "1e3", "2G") as whole numbers, rounded up as the
// API defines it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meshka::node {

// In thousandths: "1" is 1000, "500m" is 500, "1Ki" is 1024000. nullopt for anything malformed or
// beyond 2^63.
std::optional<int64_t> parseMilli(std::string_view text);
// "1.5" is 2.
std::optional<int64_t> parseWhole(std::string_view text);

}  // namespace meshka::node
