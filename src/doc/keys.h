// The keys that Kubernetes objects are made of, numbered in bytewise order: a node stores two bytes
// instead of the text. A constant of the program, so that blocks can be compared and copied without
// a shared mutable table.
#pragma once

#include <cstdint>
#include <string_view>

namespace meshka::doc {

constexpr uint16_t kNoKey = 0xffff;

// The number of a common key, or kNoKey.
uint16_t commonKey(std::string_view text);
// id must come from commonKey. Smaller ids have smaller texts.
std::string_view commonKeyText(uint16_t id);

}  // namespace meshka::doc
