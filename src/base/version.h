// The version of meshka; images of it carry it as their tag (deploy/images.yaml).
#pragma once

#include <string_view>

namespace meshka {
inline constexpr std::string_view kVersion = "0.1.0";
}  // namespace meshka
