// Bounds of the configuration protocol.
#pragma once

#include <cstddef>

namespace meshka::xds {

// Of nested messages; a route in a listener's filter chain is about 20 deep.
inline constexpr int kMaxMessageDepth = 100;

}  // namespace meshka::xds
