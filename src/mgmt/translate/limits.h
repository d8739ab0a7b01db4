// Named bounds of the translation.
#pragma once

#include <cstddef>

namespace meshka::mgmt {

inline constexpr size_t kMaxStatusFindings = 12;     // of one status message; the rest is counted
inline constexpr size_t kMaxExportNamespaces = 100;  // listed in exportTo; above: "*"
inline constexpr int kMaxDelegation = 8;             // RouteTables below each other

}  // namespace meshka::mgmt
