// UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace meshka::doc {

// Length of the well-formed sequence at the start of text (1 to 4), or 0. text must not be empty.
size_t utf8Length(std::string_view text);
bool isUtf8(std::string_view text);
// Offset of the first byte that is not part of a well-formed sequence; text.size() when there is
// none.
size_t firstInvalidUtf8(std::string_view text);
// Each offending byte becomes U+FFFD, as in Go.
std::string toUtf8(std::string_view text);
void appendUtf8(std::string& out, uint32_t code_point);

}  // namespace meshka::doc
