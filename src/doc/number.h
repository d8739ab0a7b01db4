// Numbers as text, the one form for JSON and YAML.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace meshka::doc {

class BlockBuilder;

// A JSON number: an integer of 64 bits becomes one, anything else a double. False when it fits
// neither.
bool appendNumber(BlockBuilder& to, std::string_view text);
// A decimal number with optional fraction and exponent, no '+' in front. What is too small is zero,
// as in Go; unset when it is too large.
std::optional<double> parseFinite(std::string_view text);
// Shortest text that reads back as d, in the form of encoding/json: exponents only below 1e-6 and
// from 1e21 on.
void appendDouble(std::string& out, double d);

}  // namespace meshka::doc
