// JSON Pointer (RFC 6901) for writers; Value::atPointer is the reader.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace meshka::doc {

// "/a~1b/0" is {"a/b", "0"}; "" is {}. Errors: kInvalid when the first character is not '/'.
Result<std::vector<std::string>> parsePointer(std::string_view pointer);
// '~' as ~0 and '/' as ~1.
std::string escapePointerStep(std::string_view step);

}  // namespace meshka::doc
