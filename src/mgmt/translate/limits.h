// Named bounds of the translation.
#pragma once

#include <cstddef>

namespace meshka::mgmt {

inline constexpr size_t kMaxStatusFindings = 12;     // of one status message; the rest is counted
inline constexpr size_t kMaxExportNamespaces = 100;  // listed in exportTo; above: "*"
inline constexpr size_t kMaxDelegation = 8;          // RouteTables below each other
inline constexpr int kMaxDelegates = 500;            // visits of RouteTables below one root

}  // namespace meshka::mgmt
