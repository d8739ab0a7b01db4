// From ClientOptions to a connected stream, TLS done.
#pragma once

#include "net/client.h"

namespace meshka::net {

struct Dialed {
  std::unique_ptr<io::Stream> stream;
  bool http2 = false;  // agreed by ALPN, or prior knowledge
};
// `http1`: ask for HTTP/1.1 only. Errors: kUnavailable, kTimeout, kNotFound, kUnauthenticated
// (TLS).
io::Task<Result<Dialed>> dial(io::Loop& loop, io::Network& network, const ClientOptions& options,
                              bool http1, Instant deadline);
std::string authorityOf(const ClientOptions& options);

}  // namespace meshka::net
