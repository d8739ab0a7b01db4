// Bytes of HTTP/1.1 heads and the stream that an upgrade hands over.
#pragma once

#include <memory>
#include <string>

#include "net/http.h"

namespace meshka::net {

// CR, LF and NUL in values become spaces: nobody can split a response with a header that we copy.
// Headers whose name is no token are left out.
void appendHeaders(std::string& out, const Headers& headers);

// A stream that first gives `unread` and first sends `unsent`.
std::unique_ptr<io::Stream> newPrefixedStream(std::unique_ptr<io::Stream> inner, std::string unread,
                                              std::string unsent);

}  // namespace meshka::net
