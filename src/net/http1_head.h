// The strict check of an HTTP/1 head that comes before http_parser sees it.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"

namespace meshka::net {

struct HeadFacts {
  std::optional<uint64_t> content_length;
  bool chunked = false;
};
// `block` ends with the empty line. Errors: kInvalid, kTooLarge (too many headers), kUnsupported
// (transfer coding).
Result<HeadFacts> checkHttp1Head(std::string_view block, bool request, size_t max_headers);
// One "name: value" line without its line end: token name, no folding, no control characters.
Result<void> checkHeaderLine(std::string_view line);
bool isToken(std::string_view text);

}  // namespace meshka::net
