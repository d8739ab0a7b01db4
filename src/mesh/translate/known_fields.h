// The fields of Istio's objects that the translation reads, to name those that it does not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "doc/doc.h"

namespace meshka::mesh {

// Paths below spec that are set and have no effect: "http[0].delegate". An unknown kind has none.
std::vector<std::string> unreadFields(std::string_view kind, doc::Value spec);

}  // namespace meshka::mesh
